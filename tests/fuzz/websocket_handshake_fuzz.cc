// WebSocket's handshake: whatever the fields say, what the server answers is an answer to it for a
// client, extensions are read as a second reader does (extension_reference.h) and written as they
// are read, and lists are the same in one field or in several.
//
// The input is lines, "NAME: VALUE"; a line without a colon is a value of Sec-WebSocket-Extensions.
#include <string>

#include "extension_reference.h"
#include "fuzz_input.h"
#include "wire/http/syntax.h"
#include "wire/websocket/handshake.h"

namespace echod::fuzz {
namespace {

using wire::DeflateOffer;
using wire::DeflateParameters;
using wire::DeflatePolicy;
using wire::WebSocketFields;

constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";

std::string written(const DeflateParameters& parameters) {
  std::string text;
  append_deflate_response(text, parameters);
  return text;
}

void check_extensions(std::string_view offers) {
  const auto by_default = wire::accept_deflate(offers, {});
  const std::string expected = expected_answer(offers);
  ECHOD_CHECK(by_default.has_value() == (expected != "malformed"));
  if (by_default) ECHOD_CHECK((*by_default ? written(**by_default) : "") == expected);
  for (const DeflatePolicy& policy :
       {DeflatePolicy{}, DeflatePolicy{.server_no_context_takeover = true,
                                       .client_no_context_takeover = true,
                                       .server_max_window_bits = 9,
                                       .client_max_window_bits = 8}}) {
    const auto answer = wire::accept_deflate(offers, policy);
    if (!answer || !*answer) continue;
    ECHOD_CHECK((*answer)->server_window_bits() >= 9);
    ECHOD_CHECK((*answer)->server_window_bits() <= policy.server_max_window_bits);
    // An answer, taken for an offer, asks for just that.
    const auto again = wire::accept_deflate(written(**answer), policy);
    ECHOD_CHECK(again && *again == *answer);
  }
  const auto agreed = wire::check_deflate_response(offers, DeflateOffer{});
  if (!agreed || !*agreed) return;
  const auto again = wire::check_deflate_response(written(**agreed), DeflateOffer{});
  ECHOD_CHECK(again && *again == *agreed);
}

WebSocketFields fields_of(std::string_view head) {
  WebSocketFields fields;
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(head.size(), line.size() + 2));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    fields.take(line.substr(0, colon), wire::trim(line.substr(colon + 1)));
  }
  return fields;
}

void check_answer(const WebSocketFields& fields) {
  if (!fields.wants_websocket()) return;
  // Without compression, since what the client offered is not known as a DeflateOffer.
  const auto plain =
      wire::accept_websocket("GET", wire::HttpVersion::kHttp11, fields, std::nullopt);
  const auto full =
      wire::accept_websocket("GET", wire::HttpVersion::kHttp11, fields, DeflatePolicy{});
  ECHOD_CHECK(plain.has_value() == full.has_value());
  if (!plain) {
    ECHOD_CHECK(plain.error() == 400 || plain.error() == 426);
    return;
  }
  ECHOD_CHECK(wire::is_websocket_key(fields.key));
  std::string answer;
  append_websocket_response(answer, *plain);
  ECHOD_CHECK(answer.starts_with("HTTP/1.1 101 ") && answer.ends_with("\r\n\r\n"));
  const auto agreement = wire::check_websocket_response(
      101, fields_of(answer), {.key = fields.key, .subprotocols = fields.protocols});
  ECHOD_CHECK(agreement && agreement->subprotocol == plain->subprotocol && !agreement->deflate);
  ECHOD_CHECK(plain->subprotocol.empty() || wire::is_token(plain->subprotocol));
}

}  // namespace
}  // namespace echod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace echod::fuzz;
  FuzzInput input(data, size);
  WebSocketFields fields;
  std::string extensions;
  std::string protocols;
  while (!input.empty()) {
    const std::string_view line = input.text_until('\n');
    const size_t colon = line.find(':');
    const bool bare = colon == std::string_view::npos;
    const std::string_view name = bare ? "Sec-WebSocket-Extensions" : line.substr(0, colon);
    const std::string_view value = echod::wire::trim(bare ? line : line.substr(colon + 1));
    fields.take(name, value);
    if (echod::wire::equals_ignoring_case(name, "Sec-WebSocket-Extensions")) {
      extensions.append(extensions.empty() ? "" : ",").append(value);
      check_extensions(value);
    } else if (echod::wire::equals_ignoring_case(name, "Sec-WebSocket-Protocol")) {
      protocols.append(protocols.empty() ? "" : ",").append(value);
    }
  }
  ECHOD_CHECK(echod::wire::accept_deflate(extensions, {}) ==
              echod::wire::accept_deflate(fields.extensions, {}));
  ECHOD_CHECK(echod::wire::choose_subprotocol(protocols) ==
              echod::wire::choose_subprotocol(fields.protocols));
  check_extensions(fields.extensions);
  check_answer(fields);
  // Whatever came, with what a handshake needs besides.
  fields.upgrade = fields.connection = true;
  fields.repeated = false;
  fields.version = "13";
  fields.key = kKey;
  check_answer(fields);
  return 0;
}
