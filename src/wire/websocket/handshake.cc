#include "wire/websocket/handshake.h"

#include <algorithm>

#include "base/check.h"
#include "wire/digest.h"
#include "wire/http/syntax.h"
#include "wire/http1/response.h"

namespace echod::wire {
namespace {

// RFC 6455 section 1.3.
constexpr std::string_view kAcceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr size_t kKeyBytes = 16;
constexpr size_t kKeyDigits = 22;  // of base64, and two signs of padding

bool is_base64_digit(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

bool lists(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    if (equals_ignoring_case(consume_member(list), wanted)) return true;
  }
  return false;
}

// Subprotocols are compared exactly (RFC 6455 section 11.5).
bool lists_exactly(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    if (consume_member(list) == wanted) return true;
  }
  return false;
}

void join(std::string& list, std::string_view value) {
  if (!list.empty()) list += ", ";
  list += value;
}

}  // namespace

void WebSocketFields::take(std::string_view name, std::string_view value) {
  const auto take_single = [&](std::string& field) {
    if (!field.empty()) repeated = true;
    field = value;
  };
  if (equals_ignoring_case(name, "Upgrade")) {
    upgrade = upgrade || lists(value, "websocket");
  } else if (equals_ignoring_case(name, "Connection")) {
    connection = connection || lists(value, "upgrade");
  } else if (equals_ignoring_case(name, "Sec-WebSocket-Key")) {
    take_single(key);
  } else if (equals_ignoring_case(name, "Sec-WebSocket-Version")) {
    take_single(version);
  } else if (equals_ignoring_case(name, "Sec-WebSocket-Accept")) {
    take_single(accept);
  } else if (equals_ignoring_case(name, "Sec-WebSocket-Protocol")) {
    join(protocols, value);
  } else if (equals_ignoring_case(name, "Sec-WebSocket-Extensions")) {
    join(extensions, value);
  }
}

bool is_websocket_key(std::string_view key) {
  return key.size() == kKeyDigits + 2 && key.ends_with("==") &&
         std::ranges::all_of(key.substr(0, kKeyDigits), is_base64_digit);
}

std::string websocket_accept(std::string_view key) {
  std::string text(key);
  text += kAcceptSuffix;
  return to_base64(sha1(text));
}

std::string_view choose_subprotocol(std::string_view offered) {
  while (!offered.empty()) {
    const std::string_view item = consume_member(offered);
    if (is_token(item)) return item;
  }
  return {};
}

std::expected<WebSocketAcceptance, int> accept_websocket(
    std::string_view method, HttpVersion version, const WebSocketFields& fields,
    const std::optional<DeflatePolicy>& policy) {
  ECHOD_CHECK(fields.wants_websocket());
  if (method != "GET" || version != HttpVersion::kHttp11) return std::unexpected(400);
  if (fields.repeated) return std::unexpected(400);
  if (fields.version != kWebSocketVersion) return std::unexpected(426);
  if (!is_websocket_key(fields.key)) return std::unexpected(400);
  const auto deflate = accept_deflate(fields.extensions, policy.value_or(DeflatePolicy{}));
  if (!deflate) return std::unexpected(400);
  return WebSocketAcceptance{.accept = websocket_accept(fields.key),
                             .subprotocol = std::string(choose_subprotocol(fields.protocols)),
                             .deflate = policy ? *deflate : std::nullopt};
}

void append_websocket_response(std::string& out, const WebSocketAcceptance& acceptance,
                               FieldList fields) {
  append_status_line(out, 101);
  append_field(out, "Upgrade", "websocket");
  append_field(out, "Connection", "Upgrade");
  append_field(out, "Sec-WebSocket-Accept", acceptance.accept);
  if (!acceptance.subprotocol.empty()) {
    append_field(out, "Sec-WebSocket-Protocol", acceptance.subprotocol);
  }
  if (acceptance.deflate) {
    std::string value;
    append_deflate_response(value, *acceptance.deflate);
    append_field(out, "Sec-WebSocket-Extensions", value);
  }
  out += fields.text();
  out += "\r\n";
}

std::string make_websocket_key(Random& random) {
  std::string bytes(kKeyBytes, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.below(256));
  return to_base64(bytes);
}

void append_websocket_fields(std::string& out, const WebSocketRequest& request) {
  append_field(out, "Upgrade", "websocket");
  append_field(out, "Connection", "Upgrade");
  append_field(out, "Sec-WebSocket-Key", request.key);
  append_field(out, "Sec-WebSocket-Version", kWebSocketVersion);
  if (!request.subprotocols.empty()) {
    append_field(out, "Sec-WebSocket-Protocol", request.subprotocols);
  }
  if (request.offer) {
    std::string value;
    append_deflate_offer(value, *request.offer);
    append_field(out, "Sec-WebSocket-Extensions", value);
  }
}

std::expected<WebSocketAgreement, std::string_view> check_websocket_response(
    int status, const WebSocketFields& fields, const WebSocketRequest& request) {
  if (status != 101) return std::unexpected("status other than 101");
  if (!fields.upgrade) return std::unexpected("no Upgrade to websocket");
  if (!fields.connection) return std::unexpected("no Connection: Upgrade");
  if (fields.repeated) return std::unexpected("duplicate handshake header");
  const std::string accept = websocket_accept(request.key);
  if (fields.accept != accept) return std::unexpected("wrong Sec-WebSocket-Accept");
  const std::string_view subprotocol = fields.protocols;
  if (!subprotocol.empty() &&
      (!is_token(subprotocol) || !lists_exactly(request.subprotocols, subprotocol))) {
    return std::unexpected("a subprotocol that was not offered");
  }
  const auto deflate = check_deflate_response(fields.extensions, request.offer);
  if (!deflate) return std::unexpected("extensions that were not offered");
  return WebSocketAgreement{.subprotocol = std::string(subprotocol), .deflate = *deflate};
}

}  // namespace echod::wire
