// WebSocket's opening handshake (RFC 6455 section 4), which is an HTTP/1.1 GET with an Upgrade and
// a 101 answer: the fields it is made of, the server's acceptance, and the client's request and
// check of the answer. The request line, Host and the body's framing are the HTTP codec's.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/random.h"
#include "wire/http/request_head.h"
#include "wire/websocket/extensions.h"

namespace echod::wire {

inline constexpr std::string_view kWebSocketVersion = "13";

// What the fields of a head say about the handshake, in either direction. Bounded by the limit of
// the head they come from.
struct WebSocketFields {
  bool upgrade = false;     // Upgrade lists "websocket"
  bool connection = false;  // Connection lists "upgrade"
  bool repeated = false;    // a field was there twice that must not be
  std::string key;          // Sec-WebSocket-Key
  std::string version;      // Sec-WebSocket-Version
  std::string accept;       // Sec-WebSocket-Accept
  std::string protocols;    // Sec-WebSocket-Protocol, several joined by commas
  std::string extensions;   // Sec-WebSocket-Extensions, several joined by commas

  // Takes one field of the head; those that are none of the handshake's are ignored.
  void take(std::string_view name, std::string_view value);

  // Whether a WebSocket is wanted at all. A request of which this is false is an ordinary one.
  bool wants_websocket() const { return upgrade && connection; }
};

// Whether `key` is base64 of 16 bytes, as a Sec-WebSocket-Key must be.
bool is_websocket_key(std::string_view key);

// The Sec-WebSocket-Accept for a key (RFC 6455 section 4.2.2): base64 of the SHA-1 of the key and a
// fixed text. kNoMemory where libcrypto cannot compute it.
Result<std::string> websocket_accept(std::string_view key);

// The first token in the list of subprotocols a client offers: an echo server speaks all of them
// alike. Empty where there is none. Points into `offered`.
std::string_view choose_subprotocol(std::string_view offered);

// --- The server's side --------------------------------------------------------------------------

// What the server agrees to.
struct WebSocketAcceptance {
  std::string accept;
  std::string subprotocol;                   // empty: none was offered
  std::optional<DeflateParameters> deflate;  // nothing: messages are not compressed
};

// Judges a request of which wants_websocket() is true. `policy` as nothing: permessage-deflate is
// declined. An error is the status to refuse with: 400; 426 for another version, to which belongs
// a field "Sec-WebSocket-Version: 13"; 500 without memory.
std::expected<WebSocketAcceptance, int> accept_websocket(
    std::string_view method, HttpVersion version, const WebSocketFields& fields,
    const std::optional<DeflatePolicy>& policy);

// The whole head of the answer: status line, fields, empty line.
void append_websocket_answer(std::string& out, const WebSocketAcceptance& acceptance);

// --- The client's side --------------------------------------------------------------------------

// A fresh key, of 16 bytes drawn from `random`. It protects nothing: it shows that the server has
// read this request.
std::string make_websocket_key(Random& random);

// What a client asks for.
struct WebSocketRequest {
  std::string key;                // from make_websocket_key()
  std::string subprotocols = {};  // a list of tokens, joined by commas; empty: none
  std::optional<DeflateOffer> offer = std::nullopt;  // of permessage-deflate
};

// The handshake's fields, each with its CRLF, to stand behind the request line and Host of a GET.
void append_websocket_fields(std::string& out, const WebSocketRequest& request);

// What both sides agree on, as the answer says.
struct WebSocketAgreement {
  std::string subprotocol;
  std::optional<DeflateParameters> deflate;
};

// Judges the answer (RFC 6455 section 4.1). An error says what is wrong with it.
std::expected<WebSocketAgreement, std::string_view> check_websocket_answer(
    int status, const WebSocketFields& fields, const WebSocketRequest& request);

}  // namespace echod::wire
