#include "http/endpoints/reflection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "http/endpoints/page.h"
#include "wire/http/accept.h"
#include "wire/http/field_list.h"
#include "wire/http/target.h"
#include "wire/http/trace_context.h"

namespace echod::http {
namespace {

Task<> write_fields(Document& document, JsonWriter& json, std::string_view name, FieldList lines) {
  json.name(name);
  json.begin_array();
  for (const Field& line : lines) {
    json.begin_object();
    co_await document.write_member(json, "name", line.name);
    co_await document.write_member(json, "value", line.value());
    co_await document.write_member(json, "raw", line.raw);
    json.end_object();
  }
  json.end_array();
}

Task<> write_query(Document& document, JsonWriter& json, std::string_view query) {
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

Task<> write_body(Document& document, JsonWriter& json, const ReflectedRequest& request) {
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
    co_await write_fields(document, json, "trailers", request.body.trailers.list());
  }
  json.end_object();
}

void write_trace(JsonWriter& json, const std::optional<wire::TraceContext>& trace) {
  json.name("traceparent");
  if (!trace) {
    json.null();
    return;
  }
  json.begin_object();
  json.member("version", trace->version);
  json.member("trace_id", trace->trace_id);
  json.member("parent_id", trace->parent_id);
  json.member("flags", trace->flags);
  json.end_object();
}

Task<> write_environment(Document& document, JsonWriter& json,
                         const ShownEnvironment& environment) {
  json.name("environment");
  json.begin_object();
  for (const ShownVariable& variable : environment.variables()) {
    write(json, variable.name, variable.value);
    co_await document.write(json);
  }
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
  json.member("request", session.requests.value());
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

Task<> show_page(Responder& responder, std::string_view base_path) {
  if (needs_last_slash(responder.request(), base_path)) {
    FieldBuffer fields;
    fields.add("Location", std::string(base_path) + "/");
    const Response redirect{.status = 307, .fields = fields.list()};
    co_await responder.answer(redirect, "");
    co_return;
  }
  const Response page{
      .content_type = "text/html; charset=utf-8", .policy = http_page_policy(), .document = true};
  co_await responder.answer(page, http_page());
}

}  // namespace

bool prefers_text(FieldList fields) {
  const int text = wire::media_type_weight(fields, "text", "plain");
  const int json = wire::media_type_weight(fields, "application", "json");
  if (text != json) return text > json;
  const std::string_view agent = wire::field_value(fields, "User-Agent").value_or("");
  return std::ranges::any_of(std::array<std::string_view, 4>{"curl/", "Wget/", "HTTPie/", "xh/"},
                             [=](std::string_view name) { return agent.starts_with(name); });
}

Task<> reflect_as_json(Document& document, JsonWriter& json, const ReflectedRequest& request) {
  const FieldList fields = request.head.fields;
  const wire::TargetParts target = wire::split_target(request.head.target);
  const auto expect = wire::field_value(fields, "Expect");
  json.begin_object();
  json.member("method", request.head.method);
  co_await document.write_member(json, "target", request.head.target);
  json.member("version", request.head.version_text);
  co_await document.write_member(json, "path", target.path);
  co_await write_query(document, json, target.query);
  co_await write_fields(document, json, "headers", fields);
  co_await document.write_member(json, "raw_head", request.head.raw);
  co_await write_body(document, json, request);
  write(json, "expect", expect);
  write_trace(json, wire::trace_context(fields));
  write_connection(json, request.session);
  co_await write_environment(document, json, request.environment);
  json.name("timing");
  json.begin_object();
  json.member("connection_age_ns", age_ns(request.session));
  json.member("head_ns", static_cast<uint64_t>(request.head_duration.count()));
  json.end_object();
  json.end_object();
  co_await document.write_rest(json);
}

Task<> reflect_as_text(Document& document, const ReflectedRequest& request) {
  co_await document.write(request.head.raw);
  co_await document.write(request.body.trailers.list().text());
  const Session& session = request.session;
  std::string text;
  if (request.head.framing != BodyFraming::kNone) {
    text += fmt::format("# body: {} bytes, {}\n", request.body.size, name_of(request.head.framing));
  }
  if (session.transport != nullptr) {
    const TransportFacts facts = session.transport->facts();
    text += fmt::format("# connection: {}, request {}, from {} to {}\n", facts.number,
                        session.requests.value(), facts.remote, facts.local);
    if (facts.tcp) {
      text += fmt::format("# path: round trip {} us +- {} us, {} retransmits, mss {}\n",
                          facts.tcp->rtt_us, facts.tcp->rtt_variation_us, facts.tcp->retransmits,
                          facts.tcp->mss);
    }
  }
  if (const std::string_view list = request.environment.list(); !list.empty()) {
    text += fmt::format("# environment: {}\n", list);
  }
  co_await document.write(text);
}

Task<BodyEnd> read_reflected(Responder& responder, ReflectedBody& facts) {
  while (true) {
    BodyPart part = co_await responder.next_body_part();
    switch (part.kind) {
      case BodyPart::Kind::kChunk:
        if (facts.chunks.size() < kReflectedChunksMax) facts.chunks.push_back(part.size);
        break;
      case BodyPart::Kind::kPending:
      case BodyPart::Kind::kData:
        facts.size += part.bytes.size();
        break;
      case BodyPart::Kind::kEnd:
        facts.trailers = FieldBuffer(responder.trailers());
        co_return BodyEnd::kComplete;
      case BodyPart::Kind::kCut:
        co_return BodyEnd::kCut;
      case BodyPart::Kind::kMalformed:
        co_return BodyEnd::kMalformed;
    }
  }
}

Task<BodyEnd> reflect(Responder& responder, std::string_view) {
  ReflectedBody facts;
  BodyEnd read = co_await read_reflected(responder, facts);
  if (read != BodyEnd::kComplete) co_return read;
  const AnswerPolicy* policy = responder.settings().policy.get();
  const std::string_view base = policy == nullptr ? std::string_view() : policy->base_path;
  if (wants_http_page(responder.request(), base)) {
    co_await show_page(responder, base);
    co_return BodyEnd::kComplete;
  }
  const ReflectedRequest request{.head = responder.request(),
                                 .body = facts,
                                 .session = responder.session(),
                                 .environment = responder.settings().environment,
                                 .head_duration = responder.head_duration()};
  const bool as_text = prefers_text(request.head.fields);
  Response response{.content_type = as_text ? "text/plain; charset=utf-8" : "application/json"};
  Document document(responder, response);
  JsonWriter json(2);
  if (as_text) {
    co_await reflect_as_text(document, request);
  } else {
    co_await reflect_as_json(document, json, request);
  }
  co_await document.end();
  co_return BodyEnd::kComplete;
}

}  // namespace echod::http
