#include "protocol/http_reflection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "wire/http/accept.h"
#include "wire/http/field_list.h"
#include "wire/http/target.h"

namespace echod {
namespace {

using wire::BodyFraming;

// "NAME:VALUE" as it came: one stretch of the head.
std::string_view raw_line(const wire::Field& line) {
  return {line.name.data(), line.name.size() + 1 + line.raw_value.size()};
}

Task<> write_fields(HttpDocument& document, JsonWriter& json, std::string_view name,
                    wire::FieldList lines) {
  json.name(name);
  json.begin_array();
  for (const wire::Field& line : lines) {
    json.begin_object();
    co_await document.write_member(json, "name", line.name);
    co_await document.write_member(json, "value", line.value());
    co_await document.write_member(json, "raw", raw_line(line));
    json.end_object();
  }
  json.end_array();
}

Task<> write_query(HttpDocument& document, JsonWriter& json, std::string_view query) {
  json.name("query");
  json.begin_array();
  while (const auto argument = wire::next_argument(query)) {
    const std::string name = wire::form_decoded(argument->name);
    const std::string value = wire::form_decoded(argument->value);
    json.begin_object();
    co_await document.write_member(json, "name", name);
    co_await document.write_member(json, "value", value);
    json.end_object();
  }
  json.end_array();
}

void write(JsonWriter& json, std::string_view name, std::optional<std::string_view> value) {
  json.name(name);
  if (value) {
    json.value(shown_as_text(*value));
  } else {
    json.null();
  }
}

std::string_view name_of(BodyFraming framing) {
  switch (framing) {
    case BodyFraming::kNone:
      return "none";
    case BodyFraming::kContentLength:
      return "content-length";
    case BodyFraming::kChunked:
      return "chunked";
  }
  return "";
}

Task<> write_body(HttpDocument& document, JsonWriter& json, const ReflectedRequest& request) {
  json.name("body");
  json.begin_object();
  json.member("framing", name_of(request.head.framing));
  json.member("size", request.body.size);
  if (request.head.framing == BodyFraming::kChunked) {
    json.name("chunks");
    json.begin_array();
    for (const uint64_t size : request.body.chunks) {
      json.value(size);
      co_await document.write(json);
    }
    json.end_array();
    co_await write_fields(document, json, "trailers", wire::FieldList(request.body.trailers));
  }
  json.end_object();
}

bool is_lower_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// W3C Trace Context, section 3.2: "00-TRACE_ID-PARENT_ID-FLAGS".
constexpr std::array kTraceNames = {"version", "trace_id", "parent_id", "flags"};
using TraceParts = std::array<std::string_view, kTraceNames.size()>;

// Nothing where it is not that.
std::optional<TraceParts> trace_parts(std::string_view value) {
  constexpr size_t kSize = 55;
  constexpr std::array<size_t, kTraceNames.size()> kSizes = {2, 32, 16, 2};
  if (value.size() < kSize || (value.size() > kSize && (value[kSize] != '-' || value[1] == '0'))) {
    return std::nullopt;
  }
  TraceParts parts;
  for (size_t i = 0; i < kSizes.size(); ++i) {
    parts[i] = value.substr(0, kSizes[i]);
    const bool ended = i + 1 == kSizes.size() || value[kSizes[i]] == '-';
    if (!is_lower_hex(parts[i]) || !ended) return std::nullopt;
    value.remove_prefix(std::min(kSizes[i] + 1, value.size()));
  }
  return parts;
}

void write_trace(JsonWriter& json, std::optional<std::string_view> value) {
  const std::optional<TraceParts> parts = value ? trace_parts(*value) : std::nullopt;
  json.name("traceparent");
  if (!parts) {
    json.null();
    return;
  }
  json.begin_object();
  for (size_t i = 0; i < kTraceNames.size(); ++i) json.member(kTraceNames[i], (*parts)[i]);
  json.end_object();
}

void write_path(JsonWriter& json, const std::optional<TcpInfo>& path) {
  json.name("tcp_info");
  if (!path) {
    json.null();
    return;
  }
  json.begin_object();
  json.member("rtt_us", path->rtt_us);
  json.member("rtt_variation_us", path->rtt_variation_us);
  json.member("retransmits", path->retransmits);
  json.member("mss", path->mss);
  json.member("congestion_window", path->congestion_window);
  json.end_object();
}

void write_connection(JsonWriter& json, const Session& session) {
  std::optional<TransportFacts> facts;
  if (session.transport != nullptr) facts = session.transport->facts();
  json.name("connection");
  json.begin_object();
  json.name("number");
  json.literal(facts ? std::to_string(facts->number) : "null");
  json.member("request", session.requests);
  write(json, "remote", facts ? std::optional<std::string_view>(facts->remote) : std::nullopt);
  write(json, "local", facts ? std::optional<std::string_view>(facts->local) : std::nullopt);
  json.name("tls");
  json.null();
  write_path(json, facts ? facts->tcp : std::nullopt);
  json.end_object();
}

uint64_t age_ns(const Session& session) {
  return static_cast<uint64_t>((session.clock.now() - session.established).count());
}

}  // namespace

bool prefers_text(std::string_view head_bytes) {
  const wire::FieldList fields = wire::fields_of(head_bytes);
  const int text = wire::media_type_weight(fields, "text", "plain");
  const int json = wire::media_type_weight(fields, "application", "json");
  if (text != json) return text > json;
  const std::string_view agent = wire::field_value(fields, "User-Agent").value_or("");
  return std::ranges::any_of(std::array<std::string_view, 4>{"curl/", "Wget/", "HTTPie/", "xh/"},
                             [=](std::string_view name) { return agent.starts_with(name); });
}

Task<> reflect_as_json(HttpDocument& document, JsonWriter& json, const ReflectedRequest& request) {
  const wire::FieldList fields = wire::fields_of(request.head_bytes);
  const wire::TargetParts target = wire::split_target(request.head.target);
  const std::string_view line = wire::request_line_of(request.head_bytes);
  const auto expect = wire::field_value(fields, "Expect");
  json.begin_object();
  json.member("method", request.head.method);
  co_await document.write_member(json, "target", request.head.target);
  json.member("version", line.substr(line.rfind(' ') + 1));
  co_await document.write_member(json, "path", target.path);
  co_await write_query(document, json, target.query);
  co_await write_fields(document, json, "headers", fields);
  co_await document.write_member(json, "raw_head", request.head_bytes);
  co_await write_body(document, json, request);
  write(json, "expect", expect);
  write_trace(json, wire::field_value(fields, "traceparent"));
  write_connection(json, request.session);
  json.name("timing");
  json.begin_object();
  json.member("connection_age_ns", age_ns(request.session));
  json.member("head_ns", static_cast<uint64_t>(request.head_duration.count()));
  json.end_object();
  json.end_object();
  co_await document.write_rest(json);
}

Task<> reflect_as_text(HttpDocument& document, const ReflectedRequest& request) {
  co_await document.write(request.head_bytes);
  co_await document.write(request.body.trailers);
  const Session& session = request.session;
  std::string text;
  if (request.head.framing != BodyFraming::kNone) {
    text += fmt::format("# body: {} bytes, {}\n", request.body.size, name_of(request.head.framing));
  }
  if (session.transport != nullptr) {
    const TransportFacts facts = session.transport->facts();
    text += fmt::format("# connection: {}, request {}, from {} to {}\n", facts.number,
                        session.requests, facts.remote, facts.local);
    if (facts.tcp) {
      text += fmt::format("# path: round trip {} us +- {} us, {} retransmits, mss {}\n",
                          facts.tcp->rtt_us, facts.tcp->rtt_variation_us, facts.tcp->retransmits,
                          facts.tcp->mss);
    }
  }
  co_await document.write(text);
}

}  // namespace echod
