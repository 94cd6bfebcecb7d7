// WebSocket's opening handshake (RFC 6455 section 4): an HTTP/1.1 GET with an Upgrade, and a 101
// response. Contains its header fields, the server's acceptance, and the client's request and check
// of the response. The HTTP codec handles the request line, Host and the body's framing.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "wire/http/request_head.h"
#include "wire/websocket/extensions.h"

namespace echod::wire {

inline constexpr std::string_view kWebSocketVersion = "13";

// The handshake's header fields, in either direction. Bounded by the limit of the head they come
// from.
struct WebSocketFields {
  bool upgrade = false;     // Upgrade lists "websocket"
  bool connection = false;  // Connection lists "upgrade"
  bool repeated = false;    // a field that must be unique was repeated
  std::string key;          // Sec-WebSocket-Key
  std::string version;      // Sec-WebSocket-Version
  std::string accept;       // Sec-WebSocket-Accept
  std::string protocols;    // Sec-WebSocket-Protocol, several joined by commas
  std::string extensions;   // Sec-WebSocket-Extensions, several joined by commas

  // Processes one field of the head; fields that do not belong to the handshake are ignored.
  void take(std::string_view name, std::string_view value);

  // Whether this is a WebSocket handshake at all. If not, the request is an ordinary one.
  bool wants_websocket() const { return upgrade && connection; }
};

// Whether `key` is the base64 of 16 bytes, as a Sec-WebSocket-Key must be.
bool is_websocket_key(std::string_view key);

// The Sec-WebSocket-Accept for a key (RFC 6455 section 4.2.2): base64 of the SHA-1 of the key and a
// fixed text.
std::string websocket_accept(std::string_view key);

// The first subprotocol that a client offers: an echo server treats all of them the same. Empty if
// there is none. Points into `offered`.
std::string_view choose_subprotocol(std::string_view offered);

// --- The server's side --------------------------------------------------------------------------

// What the server agrees to.
struct WebSocketAcceptance {
  std::string accept;
  std::string subprotocol;                   // empty: none was offered
  std::optional<DeflateParameters> deflate;  // none: messages are not compressed
};

// Checks a request for which wants_websocket() is true. Without a `policy` permessage-deflate is
// declined. An error is the status of the error response: 400; 426 for another version, which
// requires a "Sec-WebSocket-Version: 13" header.
std::expected<WebSocketAcceptance, int> accept_websocket(
    std::string_view method, HttpVersion version, const WebSocketFields& fields,
    const std::optional<DeflatePolicy>& policy);

// The whole head of the response: status line, the handshake's fields, `fields`, empty line.
void append_websocket_response(std::string& out, const WebSocketAcceptance& acceptance,
                               FieldList fields = {});

// --- The client's side --------------------------------------------------------------------------

// A new key of 16 bytes drawn from `random`. It is no secret: it only shows that the server has
// read this request.
std::string make_websocket_key(Random& random);

// The client's request.
struct WebSocketRequest {
  std::string key;                // from make_websocket_key()
  std::string subprotocols = {};  // a list of tokens, joined by commas; empty: none
  std::optional<DeflateOffer> offer = std::nullopt;  // of permessage-deflate
};

// The handshake's fields, each with its CRLF, to be sent after the request line and Host of a GET.
void append_websocket_fields(std::string& out, const WebSocketRequest& request);

// What was negotiated, according to the response.
struct WebSocketAgreement {
  std::string subprotocol;
  std::optional<DeflateParameters> deflate;
};

// Checks the response (RFC 6455 section 4.1). The error says what is wrong with it.
std::expected<WebSocketAgreement, std::string_view> check_websocket_response(
    int status, const WebSocketFields& fields, const WebSocketRequest& request);

}  // namespace echod::wire
