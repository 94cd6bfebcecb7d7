#include "app/sim/echo_oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "wire/detect.h"
#include "wire/http/field_list.h"
#include "wire/http/target.h"
#include "wire/http1/request.h"
#include "wire/http1/response_decoder.h"
#include "wire/websocket/handshake.h"

namespace echod::sim {
namespace {

struct Request {
  std::string method;
  std::string path;
  std::string head;  // as it came
  std::string raw;   // all of it as it came
  std::string body;
  bool has_body = false;
  bool keep_alive = true;
  bool controlled = false;  // response control: the response is not an echo
  bool complete = false;
};

struct Requests {
  std::vector<Request> all;
  int error = 0;          // the status that the malformed rest deserves; 0: all are well-formed
  bool upgraded = false;  // the last one opens a WebSocket: what follows it is no HTTP
};

struct Response {
  int status = 0;
  std::string body;
  bool complete = false;
};

struct Responses {
  std::vector<Response> all;
  std::string error;
};

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

void append(std::string& text, std::span<const std::byte> bytes) {
  text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

bool wants_websocket(const wire::RequestDecoder& decoder) {
  if (decoder.head().framing != wire::BodyFraming::kNone) return false;
  wire::WebSocketFields fields;
  for (const wire::Field& line : decoder.head().fields) {
    fields.take(line.name, line.value());
  }
  return fields.wants_websocket();
}

// Whether the request goes to an endpoint, or has a control, whose response is not known here. The
// paths of all endpoints but those that echo or reflect; docs/http.md lists them.
bool is_controlled(const wire::RequestHead& head) {
  static constexpr std::array kPaths = std::to_array<std::string_view>(
      {"/anything", "/bytes/", "/delay/", "/drip", "/headers", "/healthz", "/ip", "/redirect-to",
       "/sse", "/status/", "/stream-bytes/"});
  const std::string_view path = wire::split_target(head.target).path;
  const bool endpoint =
      path.ends_with(".sse") ||
      std::ranges::any_of(kPaths, [=](std::string_view known) { return path.starts_with(known); });
  return endpoint || head.has_noted_field || head.target.contains('?');
}

Requests requests_in(std::string_view sent) {
  using Event = wire::RequestDecoder::Event;
  Requests requests;
  wire::RequestDecoder decoder({}, "X-Echo-");
  std::span<const std::byte> input = bytes_of(sent);
  while (true) {
    const std::span<const std::byte> before = input;
    const Event event = decoder.next(input);
    const bool in_body = !requests.all.empty() && !requests.all.back().complete;
    if (in_body && event != Event::kError) {
      append(requests.all.back().raw, before.first(before.size() - input.size()));
    }
    switch (event) {
      case Event::kNeedInput:
        return requests;
      case Event::kHead:
        requests.all.push_back({.method = std::string(decoder.head().method),
                                .path = std::string(wire::split_target(decoder.head().target).path),
                                .head = std::string(decoder.head().raw),
                                .raw = std::string(decoder.head().raw),
                                .body = {},
                                .has_body = decoder.head().framing != wire::BodyFraming::kNone,
                                .keep_alive = decoder.head().keep_alive,
                                .controlled = is_controlled(decoder.head())});
        if (wants_websocket(decoder)) {
          requests.upgraded = true;
          return requests;
        }
        break;
      case Event::kChunk:
        break;
      case Event::kBody:
        append(requests.all.back().body, decoder.body());
        break;
      case Event::kEnd:
        requests.all.back().complete = true;
        decoder.reset();
        break;
      case Event::kError:
        requests.error = decoder.error_status();
        return requests;
    }
  }
}

Responses responses_in(std::string_view received) {
  using Event = wire::ResponseDecoder::Event;
  Responses responses;
  wire::ResponseDecoder decoder({});
  std::span<const std::byte> input = bytes_of(received);
  while (true) {
    switch (decoder.next(input)) {
      case Event::kNeedInput:
        return responses;
      case Event::kHead:
        responses.all.push_back({.status = decoder.head().status, .body = {}});
        if (decoder.head().status == 101) return responses;
        break;
      case Event::kBody:
        append(responses.all.back().body, decoder.body());
        break;
      case Event::kEnd:
        responses.all.back().complete = true;
        break;
      case Event::kError:
        responses.error = decoder.error();
        return responses;
    }
  }
}

bool is_raw_echo(const Transcript& transcript) {
  return transcript.sent.starts_with(transcript.received);
}

// Whether the responses cannot be decoded: a response to HEAD states a length and has no body,
// which the decoder does not know.
bool cannot_be_decoded(const Requests& requests) {
  return std::ranges::any_of(
      requests.all, [](const Request& one) { return one.method == "HEAD" || one.controlled; });
}

// A reflection also has what only the server knows, so it is only checked to be of this request.
std::string wrong_reflection(const Request& request, const Response& response) {
  if (!response.complete) return {};
  const std::string target = request.head.substr(0, request.head.find("\r\n"));
  const bool as_text = response.body.starts_with(target);
  const bool as_json = response.body.starts_with("{") && response.body.ends_with("}\n");
  return as_text || as_json ? "" : "something other than its reflection";
}

std::string wrong_response(const Request& request, const Response& response) {
  if (response.complete && !request.complete) return "a response before the end of the request";
  const bool raw = request.path == "/raw";
  if (!raw && (request.path == "/reflect" || !request.has_body)) {
    return wrong_reflection(request, response);
  }
  const std::string& expected = raw ? request.raw : request.body;
  if (!expected.starts_with(response.body)) return "a body that was not sent";
  if (response.complete && response.body != expected) return "a body that is cut short";
  return {};
}

// An error response has a reason: a malformed or slow request, or a method that is not supported.
bool is_deserved(const Requests& requests, size_t i, int status) {
  if (status == 408) return true;
  if (i < requests.all.size()) {
    const std::string& method = requests.all[i].method;
    if (status == 405) return method == "TRACE" || method == "CONNECT";
    if (requests.all[i].complete) return false;
  }
  return status == requests.error && i + 1 >= requests.all.size();
}

std::string wrong_responses(const Requests& requests, const Responses& responses) {
  if (!responses.error.empty()) return "an HTTP response with a " + responses.error;
  for (size_t i = 0; i < responses.all.size(); ++i) {
    const Response& response = responses.all[i];
    const bool of_upgrade = requests.upgraded && i + 1 == requests.all.size();
    if (of_upgrade) return response.status == 200 ? "a WebSocket handshake returned 200" : "";
    if (response.status != 200) {
      if (i + 1 < responses.all.size()) return "a response after an error response";
      if (!is_deserved(requests, i, response.status)) {
        return fmt::format("request {} got the error response {}", i + 1, response.status);
      }
      continue;
    }
    if (i >= requests.all.size()) return "a response without a request";
    if (i > 0 && !requests.all[i - 1].keep_alive) return "a response after the last one";
    if (std::string wrong = wrong_response(requests.all[i], response); !wrong.empty()) {
      return fmt::format("request {} returned {}", i + 1, wrong);
    }
  }
  return {};
}

}  // namespace

bool may_be_http(const Transcript& transcript) {
  if (transcript.raw_port) return false;
  if (wire::detect_at_once(bytes_of(transcript.sent)) == wire::Detected::kHttp1) return true;
  wire::Detector detector;
  return detector.feed(bytes_of(transcript.sent)) == wire::Detected::kHttp1;
}

std::string wrong_echo(const Transcript& transcript) {
  if (is_raw_echo(transcript)) return {};
  if (!may_be_http(transcript)) return "the bytes received are not those sent";
  const Requests requests = requests_in(transcript.sent);
  if (cannot_be_decoded(requests)) return {};
  return wrong_responses(requests, responses_in(transcript.received));
}

std::string missing_responses(const Transcript& transcript) {
  if (!transcript.received.empty() && is_raw_echo(transcript)) {
    return transcript.received.size() == transcript.sent.size() ? "" : "not all bytes came back";
  }
  const Requests requests = requests_in(transcript.sent);
  if (cannot_be_decoded(requests) || requests.upgraded) return {};
  const Responses responses = responses_in(transcript.received);
  if (!responses.all.empty() && responses.all.back().status != 200) return {};
  for (size_t i = 0; i < requests.all.size() && requests.all[i].complete; ++i) {
    if (i >= responses.all.size() || !responses.all[i].complete) {
      return fmt::format("request {} has no response", i + 1);
    }
    if (!requests.all[i].keep_alive) return {};
  }
  return {};
}

}  // namespace echod::sim
