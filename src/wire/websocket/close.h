// How WebSocket connections end: close codes, the payload of a close frame (RFC 6455 sections 5.5.1
// and 7.4), and the failure that a codec here hands to whoever must send one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

namespace echod::wire {

// The codes that echod gives a meaning. A peer may send others: see close_code_is_valid().
namespace close_code {
inline constexpr uint16_t kNormal = 1000;
inline constexpr uint16_t kGoingAway = 1001;       // this side shuts down
inline constexpr uint16_t kProtocolError = 1002;   // the framing is against the rules
inline constexpr uint16_t kNoStatus = 1005;        // never sent: the close frame was empty
inline constexpr uint16_t kAbnormal = 1006;        // never sent: there was no close frame
inline constexpr uint16_t kInvalidPayload = 1007;  // text that is not UTF-8, or not DEFLATE
inline constexpr uint16_t kPolicy = 1008;
inline constexpr uint16_t kTooBig = 1009;         // over one of our limits
inline constexpr uint16_t kInternalError = 1011;  // out of memory, say
inline constexpr uint16_t kTryAgainLater = 1013;  // no memory to spare (IANA's registry)
}  // namespace close_code

// Whether a close frame may carry the code (RFC 6455 section 7.4 and IANA's registry): 1000 to
// 1003, 1007 to 1014 and 3000 to 4999.
bool close_code_is_valid(uint16_t code);

// Why the connection has to be failed: what to put into the close frame. The reason is a literal.
struct WebSocketFailure {
  uint16_t close_code = 0;
  std::string_view reason = {};

  friend bool operator==(const WebSocketFailure&, const WebSocketFailure&) = default;
};

inline constexpr size_t kControlPayloadSizeMax = 125;  // bytes; RFC 6455 section 5.5
inline constexpr size_t kCloseReasonSizeMax = kControlPayloadSizeMax - 2;

// The payload of one control frame, held in place.
class ControlPayload {
 public:
  // Copies `bytes` behind those it has; all together at most kControlPayloadSizeMax.
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

// What a close frame says. The reason points into the payload it was parsed from.
struct WebSocketClose {
  uint16_t code = close_code::kNoStatus;
  std::string_view reason = {};

  friend bool operator==(const WebSocketClose&, const WebSocketClose&) = default;
};

// An empty payload means kNoStatus. Failures: 1002 for a payload of one byte or a code that may
// not be sent, 1007 for a reason that is not UTF-8.
std::expected<WebSocketClose, WebSocketFailure> parse_close(std::span<const std::byte> payload);

// The payload of a close frame; an empty one for kNoStatus. So compose_close(close.code) answers a
// close received. The code must be one that may be sent, the reason UTF-8: checked. A reason beyond
// kCloseReasonSizeMax bytes is cut at the end of a character.
ControlPayload compose_close(uint16_t code, std::string_view reason = {});

}  // namespace echod::wire
