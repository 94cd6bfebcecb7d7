// What a Sec-WebSocket-Extensions field says (RFC 6455 section 9.1), as far as permessage-deflate
// (RFC 7692 section 7.1) goes, the one extension echod speaks. The server accepts one of a client's
// offers or none; the client makes an offer and checks the answer.
//
// A field that breaks the grammar is an error of the whole handshake, as RFC 6455 wants it. An
// offer whose parameters are unknown, twice there or of a wrong value is well formed and merely
// declined, and the next one is looked at.
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

// The smallest window that zlib can write raw DEFLATE for: it refuses one of 256 bytes. It can read
// that, so only the side that compresses has to decline 8.
inline constexpr uint8_t kDeflateWindowBitsMin = 9;

// permessage-deflate's parameters as agreed on: what the server's answer says.
struct DeflateParameters {
  bool server_no_context_takeover = false;  // each of the server's messages is compressed by itself
  bool client_no_context_takeover = false;
  std::optional<uint8_t> server_max_window_bits = std::nullopt;  // not in the answer: 15
  std::optional<uint8_t> client_max_window_bits = std::nullopt;

  uint8_t server_window_bits() const { return server_max_window_bits.value_or(kWindowBitsMax); }
  uint8_t client_window_bits() const { return client_max_window_bits.value_or(kWindowBitsMax); }

  // Whether what the client compressed may be returned to it as it came: it refers to no earlier
  // message, later ones refer to none, and the client can hold its window.
  bool echoes_as_received() const {
    return server_no_context_takeover && client_no_context_takeover &&
           client_window_bits() <= server_window_bits();
  }

  friend bool operator==(const DeflateParameters&, const DeflateParameters&) = default;
};

// What the server wants besides what clients ask for.
struct DeflatePolicy {
  bool server_no_context_takeover = false;          // true: no memory is held between messages
  bool client_no_context_takeover = false;          // the same for reading
  uint8_t server_max_window_bits = kWindowBitsMax;  // 9 to 15; never larger than a client wants
  uint8_t client_max_window_bits = kWindowBitsMax;  // 8 to 15; for clients that can be told
};

// The server's side: `offers` is the field's value, several fields joined by commas. Nothing where
// no offer can be accepted; Errc::kProtocol where the grammar is broken.
Result<std::optional<DeflateParameters>> accept_deflate(std::string_view offers,
                                                        const DeflatePolicy& policy);

// What a client asks for.
struct DeflateOffer {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::optional<uint8_t> server_max_window_bits = std::nullopt;  // 8 to 15
  // 9 to 15: the server may limit the client's window to as much or less. Nothing: it may not.
  std::optional<uint8_t> client_max_window_bits = kWindowBitsMax;
};

// The client's side: nothing for an empty `answer`, which declines the offer. Errc::kProtocol where
// the grammar is broken or the answer is none to that offer: another extension, two of them,
// parameters that are unknown, twice there, not what was asked for, or a window that zlib cannot
// write.
Result<std::optional<DeflateParameters>> check_deflate_answer(
    std::string_view answer, const std::optional<DeflateOffer>& offer);

// Append the field's value.
void append_deflate_offer(std::string& out, const DeflateOffer& offer);
void append_deflate_answer(std::string& out, const DeflateParameters& parameters);

}  // namespace echod::wire
