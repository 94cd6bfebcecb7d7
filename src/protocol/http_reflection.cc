#include "protocol/http_reflection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include <nlohmann/json.hpp>

#include "wire/http1_head.h"
#include "wire/http_accept.h"
#include "wire/http_target.h"
#include "wire/utf8.h"

namespace echod {
namespace {

using Json = nlohmann::ordered_json;
using wire::BodyFraming;

Json fields_as_json(wire::FieldLines lines) {
  Json fields = Json::array();
  for (const wire::FieldLine& line : lines) {
    fields.push_back({{"name", shown_as_text(line.name)},
                      {"value", shown_as_text(line.value())},
                      {"raw", shown_as_text(fmt::format("{}:{}", line.name, line.raw_value))}});
  }
  return fields;
}

Json query_as_json(std::string_view query) {
  Json arguments = Json::array();
  for (const auto& [name, value] : wire::query_arguments(query)) {
    arguments.push_back({{"name", shown_as_text(name)}, {"value", shown_as_text(value)}});
  }
  return arguments;
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

Json body_as_json(const ReflectedRequest& request) {
  Json body = {{"framing", name_of(request.head.framing)}, {"size", request.body.size}};
  if (request.head.framing == BodyFraming::kChunked) {
    body["chunks"] = request.body.chunks;
    body["trailers"] = fields_as_json(wire::FieldLines(request.body.trailers));
  }
  return body;
}

bool is_lower_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// W3C Trace Context, section 3.2: "00-TRACE_ID-PARENT_ID-FLAGS". Null where it is not that.
Json trace_as_json(std::string_view value) {
  constexpr size_t kSize = 55;
  constexpr std::array<size_t, 4> kSizes = {2, 32, 16, 2};
  constexpr std::array kNames = {"version", "trace_id", "parent_id", "flags"};
  if (value.size() < kSize || (value.size() > kSize && (value[kSize] != '-' || value[1] == '0'))) {
    return nullptr;
  }
  Json trace;
  for (size_t i = 0; i < kSizes.size(); ++i) {
    const std::string_view part = value.substr(0, kSizes[i]);
    const bool ended = i + 1 == kSizes.size() || value[kSizes[i]] == '-';
    if (!is_lower_hex(part) || !ended) return nullptr;
    trace[kNames[i]] = part;
    value.remove_prefix(std::min(kSizes[i] + 1, value.size()));
  }
  return trace;
}

Json connection_as_json(const Session& session) {
  Json connection = {{"number", nullptr}, {"request", session.requests},
                     {"remote", nullptr}, {"local", nullptr},
                     {"tls", nullptr},    {"tcp_info", nullptr}};
  if (session.transport == nullptr) return connection;
  const TransportFacts facts = session.transport->facts();
  connection["number"] = facts.number;
  connection["remote"] = facts.remote;
  connection["local"] = facts.local;
  if (facts.tcp) {
    connection["tcp_info"] = {{"rtt_us", facts.tcp->rtt_us},
                              {"rtt_variation_us", facts.tcp->rtt_variation_us},
                              {"retransmits", facts.tcp->retransmits},
                              {"mss", facts.tcp->mss},
                              {"congestion_window", facts.tcp->congestion_window}};
  }
  return connection;
}

uint64_t age_ns(const Session& session) {
  return static_cast<uint64_t>((session.clock.now() - session.established).count());
}

}  // namespace

std::string shown_as_text(std::string_view bytes) {
  if (wire::is_utf8(bytes)) return std::string(bytes);
  std::string text;
  for (const char byte : bytes) {
    const auto code = static_cast<unsigned char>(byte);
    if (code < 0x80) {
      text += byte;
    } else {
      text += static_cast<char>(0xc0 | code >> 6);
      text += static_cast<char>(0x80 | (code & 0x3f));
    }
  }
  return text;
}

bool prefers_text(std::string_view head_bytes) {
  const wire::FieldLines fields = wire::fields_of(head_bytes);
  const int text = wire::media_type_weight(fields, "text", "plain");
  const int json = wire::media_type_weight(fields, "application", "json");
  if (text != json) return text > json;
  const std::string_view agent = wire::field_value(fields, "User-Agent").value_or("");
  return std::ranges::any_of(std::array<std::string_view, 4>{"curl/", "Wget/", "HTTPie/", "xh/"},
                             [=](std::string_view name) { return agent.starts_with(name); });
}

std::string reflect_as_json(const ReflectedRequest& request) {
  const wire::FieldLines fields = wire::fields_of(request.head_bytes);
  const wire::TargetParts target = wire::split_target(request.head.target);
  const std::string_view line = wire::request_line_of(request.head_bytes);
  const std::optional<std::string_view> expect = wire::field_value(fields, "Expect");
  const std::optional<std::string_view> trace = wire::field_value(fields, "traceparent");
  const Json document = {
      {"method", request.head.method},
      {"target", request.head.target},
      {"version", line.substr(line.rfind(' ') + 1)},
      {"path", target.path},
      {"query", query_as_json(target.query)},
      {"headers", fields_as_json(fields)},
      {"raw_head", shown_as_text(request.head_bytes)},
      {"body", body_as_json(request)},
      {"expect", expect ? Json(shown_as_text(*expect)) : Json(nullptr)},
      {"traceparent", trace ? trace_as_json(*trace) : Json(nullptr)},
      {"connection", connection_as_json(request.session)},
      {"timing",
       {{"connection_age_ns", age_ns(request.session)},
        {"head_ns", static_cast<uint64_t>(request.head_duration.count())}}},
  };
  return document.dump(2) + "\n";
}

std::string reflect_as_text(const ReflectedRequest& request) {
  std::string text(request.head_bytes);
  text += request.body.trailers;
  const Session& session = request.session;
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
  return text;
}

}  // namespace echod
