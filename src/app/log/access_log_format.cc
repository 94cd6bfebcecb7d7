#include "app/log/access_log_format.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <iterator>
#include <optional>

#include "app/log/log.h"
#include "app/log/redaction.h"
#include "base/json_writer.h"
#include "stream/transport.h"
#include "wire/http/field_list.h"
#include "wire/http/trace_context.h"

namespace echod {
namespace {

// The parts of a request that are logged, redacted and cut to size.
struct Logged {
  std::string method;  // this and the next two are empty where the request could not be parsed
  std::string target;
  std::string version;
  std::optional<std::string> referer;
  std::optional<std::string> user_agent;
  std::optional<wire::TraceContext> trace;
};

std::string cut(std::string_view text, size_t size_max) {
  constexpr std::string_view kMark = "...";
  if (text.size() <= size_max) return std::string(text);
  std::string out(text.substr(0, size_max - kMark.size()));
  return out += kMark;
}

Logged logged(const http::ExchangeFacts& facts) {
  Logged request;
  request.method = cut(facts.request.method, kLoggedMethodSizeMax);
  request.target = cut(redacted_url(facts.request.target), kLoggedTargetSizeMax);
  constexpr size_t kVersionSize = 8;  // "HTTP/1.1"
  request.version = cut(facts.request.version_text, kVersionSize);
  const wire::FieldList fields = facts.request.fields;
  if (const auto value = wire::field_value(fields, "Referer")) {
    request.referer = cut(redacted_url(*value), kLoggedRefererSizeMax);
  }
  if (const auto value = wire::field_value(fields, "User-Agent")) {
    request.user_agent = cut(*value, kLoggedUserAgentSizeMax);
  }
  // Version 00 has a fixed size and alphabet; a later one may have anything behind its flags.
  const std::optional<wire::TraceContext> trace = wire::trace_context(fields);
  if (trace && trace->version == "00") request.trace = trace;
  return request;
}

// The request line as far as it is known; may be empty.
std::string request_line(const Logged& request) {
  if (request.method.empty()) return {};
  std::string line = request.method + " " + request.target;
  if (!request.version.empty()) line += " " + request.version;
  return line;
}

std::string text_line(const AccessRecord& record) {
  const http::ExchangeFacts& facts = record.facts;
  const std::string line = request_line(logged(facts));
  std::string end;
  if (facts.status == 0) {
    end = "no response";
  } else if (!facts.complete) {
    end = fmt::format("answered with {}, cut", facts.status);
  } else {
    end = fmt::format("{} with {}", line.empty() ? "refused" : "answered", facts.status);
  }
  std::string out;
  if (!record.peer.empty()) {
    out += '[';
    append_escaped(out, record.peer);
    out += "] ";
  }
  append_escaped(out, line.empty() ? "Request" : line);
  fmt::format_to(std::back_inserter(out),
                 " {} (request body {} bytes, response body {} bytes, {:.3f} ms)", end,
                 facts.request_body_size, facts.response_body_size,
                 static_cast<double>(facts.duration.count()) / 1e6);
  if (record.environment != nullptr && !record.environment->text.empty()) {
    fmt::format_to(std::back_inserter(out), " [{}]", record.environment->text);
  }
  return out;
}

// Member by member: building a document first takes about twice as long.
std::string json_line(const AccessRecord& record) {
  const http::ExchangeFacts& facts = record.facts;
  const Logged request = logged(facts);
  JsonWriter json(0);
  const auto text = [&json](std::string_view name, std::string_view value) {
    json.name(name);
    json.ascii(value);
  };
  json.begin_object();
  json.member("time", format_time(record.time));
  json.member("event", "http_request");
  if (!record.peer.empty()) text("peer", record.peer);
  json.member("connection", record.connection);
  json.member("request", record.request);
  if (!record.request_id.empty()) text("request_id", record.request_id);
  if (!request.method.empty()) {
    text("method", request.method);
    text("target", request.target);
  }
  if (!request.version.empty()) text("version", request.version);
  json.member("status", facts.status);
  json.member("request_bytes", facts.request_body_size);
  json.member("response_bytes", facts.response_body_size);
  json.member("duration_ns", facts.duration.count());
  json.member("complete", facts.complete);
  if (!facts.refusal.empty()) text("refusal", facts.refusal);
  if (request.referer) text("referer", *request.referer);
  if (request.user_agent) text("user_agent", *request.user_agent);
  if (request.trace) {
    json.member("traceparent", request.trace->text);
    json.member("trace_id", request.trace->trace_id);
  }
  if (record.environment != nullptr && !record.environment->json.empty()) {
    json.name("environment");
    json.literal(record.environment->json);
  }
  json.end_object();
  return json.take();
}

// As nginx does by default: \xHH for quotes, backslashes, control characters and non-ASCII bytes.
void append_combined(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e || c == '"' || c == '\\') {
      fmt::format_to(std::back_inserter(out), "\\x{:02X}", byte);
    } else {
      out += c;
    }
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  append_combined(out, text);
  out += '"';
}

// HOST - - [TIME] "REQUEST" STATUS BYTES "REFERER" "USER-AGENT"
std::string combined_line(const AccessRecord& record) {
  const http::ExchangeFacts& facts = record.facts;
  const Logged request = logged(facts);
  const std::string line = request_line(request);
  const std::tm utc = fmt::gmtime(std::chrono::system_clock::to_time_t(record.time));
  std::string out;
  append_combined(out, record.peer.empty() ? "-" : host_of(record.peer));
  fmt::format_to(std::back_inserter(out), " - - [{:%d/%b/%Y:%H:%M:%S} +0000] ", utc);
  append_quoted(out, line.empty() ? "-" : line);
  fmt::format_to(std::back_inserter(out), " {:03} {} ", facts.status, facts.response_body_size);
  append_quoted(out, request.referer.value_or("-"));
  out += ' ';
  append_quoted(out, request.user_agent.value_or("-"));
  return out;
}

}  // namespace

LoggedEnvironment::LoggedEnvironment(const http::ShownEnvironment& environment)
    : text(environment.list()) {
  if (text.empty()) return;
  JsonWriter writer(0);
  writer.begin_object();
  for (const http::ShownVariable& variable : environment.variables()) {
    if (!variable.listed || !variable.value) continue;
    writer.name(variable.name);
    writer.ascii(*variable.value);
  }
  writer.end_object();
  json = writer.take();
}

std::string format_access(AccessLogFormat format, const AccessRecord& record) {
  switch (format) {
    case AccessLogFormat::kText:
      return text_line(record);
    case AccessLogFormat::kJson:
      return json_line(record);
    case AccessLogFormat::kCombined:
      break;
  }
  return combined_line(record);
}

}  // namespace echod
