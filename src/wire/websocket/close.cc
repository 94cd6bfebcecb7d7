#include "wire/websocket/close.h"

#include <algorithm>

#include "base/check.h"
#include "base/utf8.h"

namespace echod::wire {
namespace {

// The failures of parse_close().
constexpr WebSocketFailure kCutCode{close_code::kProtocolError, "close payload of one byte"};
constexpr WebSocketFailure kBadCode{close_code::kProtocolError, "invalid close code"};
constexpr WebSocketFailure kBadReason{close_code::kInvalidPayload, "close reason is not UTF-8"};

}  // namespace

bool close_code_is_valid(uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

void ControlPayload::append(std::span<const std::byte> bytes) {
  ECHOD_CHECK(bytes.size() <= kControlPayloadSizeMax - size_);
  std::ranges::copy(bytes, bytes_.begin() + size_);
  size_ = static_cast<uint8_t>(size_ + bytes.size());
}

std::expected<WebSocketClose, WebSocketFailure> parse_close(std::span<const std::byte> payload) {
  if (payload.empty()) return WebSocketClose{};
  if (payload.size() == 1) return std::unexpected(kCutCode);
  const auto code = static_cast<uint16_t>(static_cast<unsigned>(payload[0]) << 8 |
                                          static_cast<unsigned>(payload[1]));
  if (!close_code_is_valid(code)) return std::unexpected(kBadCode);
  const auto reason = payload.subspan(2);
  const std::string_view text(reinterpret_cast<const char*>(reason.data()), reason.size());
  if (!is_utf8(text)) return std::unexpected(kBadReason);
  return WebSocketClose{.code = code, .reason = text};
}

ControlPayload compose_close(uint16_t code, std::string_view reason) {
  ControlPayload payload;
  if (code == close_code::kNoStatus) return payload;
  ECHOD_CHECK(close_code_is_valid(code));
  ECHOD_CHECK(is_utf8(reason));
  const std::array<std::byte, 2> number = {static_cast<std::byte>(code >> 8),
                                           static_cast<std::byte>(code & 0xff)};
  payload.append(number);
  payload.append(reason.substr(0, utf8_prefix_size(reason, kCloseReasonSizeMax)));
  return payload;
}

}  // namespace echod::wire
