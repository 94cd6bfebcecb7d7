// Sec-WebSocket-Extensions (RFC 6455 section 9.1) for permessage-deflate (RFC 7692 section 7.1),
// the only extension that echod supports. The server accepts one of a client's offers or none; the
// client makes an offer and checks the response.
//
// A malformed field fails the whole handshake, as RFC 6455 requires. An offer with unknown,
// duplicate or invalid parameters is well formed; it is declined, and the next one is tried.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace echod::wire {

// Sizes of LZ77 windows, as powers of two.
inline constexpr uint8_t kWindowBitsMin = 8;
inline constexpr uint8_t kWindowBitsMax = 15;

// The smallest window for which zlib can write raw DEFLATE: it rejects one of 256 bytes. It can
// read that, so only the compressing side must decline 8.
inline constexpr uint8_t kDeflateWindowBitsMin = 9;

// The negotiated parameters of permessage-deflate, as in the server's response.
struct DeflateParameters {
  bool server_no_context_takeover = false;  // the server compresses each message independently
  bool client_no_context_takeover = false;
  std::optional<uint8_t> server_max_window_bits = std::nullopt;  // absent from the response: 15
  std::optional<uint8_t> client_max_window_bits = std::nullopt;

  uint8_t server_window_bits() const { return server_max_window_bits.value_or(kWindowBitsMax); }
  uint8_t client_window_bits() const { return client_max_window_bits.value_or(kWindowBitsMax); }

  // Whether a message that the client compressed may be echoed unchanged: no message refers to an
  // earlier one, in either direction, and the client supports the window.
  bool echoes_as_received() const {
    return server_no_context_takeover && client_no_context_takeover &&
           client_window_bits() <= server_window_bits();
  }

  friend bool operator==(const DeflateParameters&, const DeflateParameters&) = default;
};

// What the server requests beyond the client's offer.
struct DeflatePolicy {
  bool server_no_context_takeover = false;          // true: no memory is held between messages
  bool client_no_context_takeover = false;          // the same for received messages
  uint8_t server_max_window_bits = kWindowBitsMax;  // 9 to 15; never larger than a client wants
  uint8_t client_max_window_bits = kWindowBitsMax;  // 8 to 15; for clients that can be told
};

// The server's side. `offers` is the field's value, with several fields joined by commas. Nothing
// if no offer is acceptable; Errc::kProtocol if the field is malformed.
Result<std::optional<DeflateParameters>> accept_deflate(std::string_view offers,
                                                        const DeflatePolicy& policy);

// The client's offer.
struct DeflateOffer {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::optional<uint8_t> server_max_window_bits = std::nullopt;  // 8 to 15
  // 9 to 15: the server may limit the client's window to at most this. Nothing: it may not limit
  // it.
  std::optional<uint8_t> client_max_window_bits = kWindowBitsMax;
};

// The client's side. Nothing for an empty `response`, which declines the offer. Errc::kProtocol if
// the field is malformed or does not match the offer: another extension, two extensions, parameters
// that are unknown, duplicate or not offered, or a window that zlib cannot write.
Result<std::optional<DeflateParameters>> check_deflate_response(
    std::string_view response, const std::optional<DeflateOffer>& offer);

// Append the field's value.
void append_deflate_offer(std::string& out, const DeflateOffer& offer);
void append_deflate_response(std::string& out, const DeflateParameters& parameters);

}  // namespace echod::wire
