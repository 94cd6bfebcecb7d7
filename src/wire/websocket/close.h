// How WebSocket connections end: close codes, the payload of a close frame (RFC 6455 sections 5.5.1
// and 7.4), and the failure that a codec reports to the connection, which sends it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

namespace echod::wire {

// The codes that echod uses. A peer may send others: see close_code_is_valid().
namespace close_code {
inline constexpr uint16_t kNormal = 1000;
inline constexpr uint16_t kGoingAway = 1001;       // this side is shutting down
inline constexpr uint16_t kProtocolError = 1002;   // invalid framing
inline constexpr uint16_t kNoStatus = 1005;        // never sent: the close frame was empty
inline constexpr uint16_t kAbnormal = 1006;        // never sent: there was no close frame
inline constexpr uint16_t kInvalidPayload = 1007;  // text that is not UTF-8, or not DEFLATE
inline constexpr uint16_t kPolicy = 1008;
inline constexpr uint16_t kTooBig = 1009;         // over one of our limits
inline constexpr uint16_t kInternalError = 1011;  // out of memory, say
inline constexpr uint16_t kTryAgainLater = 1013;  // memory limit reached (IANA's registry)
}  // namespace close_code

// Whether a close frame may carry the code (RFC 6455 section 7.4 and IANA's registry): 1000 to
// 1003, 1007 to 1014 and 3000 to 4999.
bool close_code_is_valid(uint16_t code);

// Why the connection must be failed: the contents of the close frame. The reason is a literal.
struct WebSocketFailure {
  uint16_t close_code = 0;
  std::string_view reason = {};

  friend bool operator==(const WebSocketFailure&, const WebSocketFailure&) = default;
};

inline constexpr size_t kControlPayloadSizeMax = 125;  // bytes; RFC 6455 section 5.5
inline constexpr size_t kCloseReasonSizeMax = kControlPayloadSizeMax - 2;

// The payload of one control frame, stored inline.
class ControlPayload {
 public:
  // Appends a copy of `bytes`; the total is at most kControlPayloadSizeMax.
  void append(std::span<const std::byte> bytes);
  void append(std::string_view text) { append(std::as_bytes(std::span(text))); }
  void clear() { size_ = 0; }

  size_t size() const { return size_; }
  std::span<const std::byte> bytes() const { return std::span(bytes_).first(size_); }
  std::span<std::byte> mutable_bytes() { return std::span(bytes_).first(size_); }
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), size_}; }

 private:
  std::array<std::byte, kControlPayloadSizeMax> bytes_;
  uint8_t size_ = 0;
};

// A parsed close frame. The reason points into the payload.
struct WebSocketClose {
  uint16_t code = close_code::kNoStatus;
  std::string_view reason = {};

  friend bool operator==(const WebSocketClose&, const WebSocketClose&) = default;
};

// An empty payload means kNoStatus. Failures: 1002 for a payload of one byte or a code that may
// not be sent, 1007 for a reason that is not UTF-8.
std::expected<WebSocketClose, WebSocketFailure> parse_close(std::span<const std::byte> payload);

// The payload of a close frame; empty for kNoStatus. So compose_close(close.code) is the reply to a
// received close. The code must be one that may be sent, and the reason must be UTF-8: checked. A
// reason longer than kCloseReasonSizeMax bytes is truncated at a character boundary.
ControlPayload compose_close(uint16_t code, std::string_view reason = {});

}  // namespace echod::wire
