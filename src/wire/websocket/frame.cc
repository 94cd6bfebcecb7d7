// Frame headers are read byte by byte, so that nothing depends on how they were split; nearly all
// have 6 to 8 bytes. Only the shortest encoding of a length is valid, because RFC 6455 says so, and
// because two interpretations of one stream enable smuggling.
#include "wire/websocket/frame.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"

namespace echod::wire {
namespace {

constexpr uint8_t kFinBit = 0x80;
constexpr uint8_t kRsv1Bit = 0x40;
constexpr uint8_t kReservedBits = 0x30;  // RSV2 and RSV3, not used by any supported extension
constexpr uint8_t kMaskBit = 0x80;
constexpr uint8_t kLength16 = 126;  // the length follows in 2 bytes
constexpr uint8_t kLength64 = 127;  // and in 8
constexpr uint64_t kLength16Max = 0xffff;

bool is_known(uint8_t opcode) { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }

}  // namespace

WebSocketDecoder::WebSocketDecoder(WebSocketRole role, bool compression,
                                   const WebSocketLimits& limits)
    : limits_(limits), role_(role), compression_(compression) {}

void WebSocketDecoder::fail(uint16_t code, std::string_view reason) {
  failure_ = {.close_code = code, .reason = reason};
  state_ = State::kFailed;
}

WebSocketDecoder::Event WebSocketDecoder::next(std::span<std::byte>& input) {
  payload_ = {};
  for (;;) {
    if (head_ended_) {
      head_ended_ = false;
      return Event::kFrame;
    }
    switch (state_) {
      case State::kFailed:
        return Event::kError;
      case State::kFrameEnd:
        if (frame_.fin) in_message_ = false;
        state_ = State::kFirst;
        return Event::kFrameEnd;
      case State::kPayload:
        if (input.empty()) return Event::kNeedInput;
        payload_ = take_payload(input);
        if (payload_size_left_ == 0) state_ = State::kFrameEnd;
        return Event::kPayload;
      case State::kControl:
        // Copied, since it may arrive in pieces and gets one reply: at most 125 bytes.
        control_.append(take_payload(input));
        if (payload_size_left_ > 0) return Event::kNeedInput;
        state_ = State::kFirst;
        return Event::kControl;
      default:
        if (input.empty()) return Event::kNeedInput;
        read_head(input);
    }
  }
}

// Reads the head's bytes that are there. Stops behind its last one, and at an invalid one.
void WebSocketDecoder::read_head(std::span<std::byte>& input) {
  size_t size = 0;
  while (size < input.size() && state_ < State::kMask) {
    head_byte(static_cast<uint8_t>(input[size++]));
  }
  input = input.subspan(size);
  if (state_ == State::kMask && !input.empty()) take_mask(input);
}

void WebSocketDecoder::take_mask(std::span<std::byte>& input) {
  const size_t size = std::min<size_t>(head_left_, input.size());
  std::memcpy(mask_.data() + mask_.size() - head_left_, input.data(), size);
  input = input.subspan(size);
  head_left_ -= static_cast<uint8_t>(size);
  if (head_left_ == 0) end_head();
}

inline void WebSocketDecoder::head_byte(uint8_t byte) {
  switch (state_) {
    case State::kFirst:
      return first_byte(byte);
    case State::kSecond:
      return second_byte(byte);
    case State::kLength:
      return length_byte(byte);
    default:
      ECHOD_CHECK(false);
  }
}

void WebSocketDecoder::first_byte(uint8_t byte) {
  const uint8_t code = byte & 0x0f;
  const bool fin = (byte & kFinBit) != 0;
  const bool rsv1 = (byte & kRsv1Bit) != 0;
  if ((byte & kReservedBits) != 0) return fail(close_code::kProtocolError, "reserved bit set");
  if (!is_known(code)) return fail(close_code::kProtocolError, "reserved opcode");
  const auto opcode = static_cast<WebSocketOpcode>(code);
  const bool continues = opcode == WebSocketOpcode::kContinuation;
  if (rsv1 && (!compression_ || continues || is_control(opcode))) {
    return fail(close_code::kProtocolError, "reserved bit set");
  }
  if (is_control(opcode)) {
    if (!fin) return fail(close_code::kProtocolError, "fragmented control frame");
  } else if (continues) {
    if (!in_message_) return fail(close_code::kProtocolError, "continuation without a message");
    if (fragment_count_ >= limits_.fragment_count_max) {
      return fail(close_code::kTooBig, "too many fragments");
    }
  } else {
    if (in_message_)
      return fail(close_code::kProtocolError, "new message inside a fragmented message");
  }
  frame_ = {.opcode = opcode, .fin = fin, .compressed = rsv1};
  state_ = State::kSecond;
}

void WebSocketDecoder::second_byte(uint8_t byte) {
  const bool masked = (byte & kMaskBit) != 0;
  const uint8_t length = byte & 0x7f;
  if (masked != (role_ == WebSocketRole::kServer)) {
    return fail(close_code::kProtocolError, masked ? "masked frame" : "unmasked frame");
  }
  if (is_control(frame_.opcode) && length > kControlPayloadSizeMax) {
    return fail(close_code::kProtocolError, "control frame too long");
  }
  if (length >= kLength16) {
    length_is_long_ = length == kLength64;
    head_left_ = length_is_long_ ? 8 : 2;
    state_ = State::kLength;
    return;
  }
  frame_.size = length;
  end_length();
}

void WebSocketDecoder::length_byte(uint8_t byte) {
  if (head_left_ == 8 && (byte & 0x80) != 0) {
    return fail(close_code::kProtocolError, "length with its top bit set");
  }
  frame_.size = frame_.size << 8 | byte;
  if (--head_left_ > 0) return;
  const uint64_t size_min = length_is_long_ ? kLength16Max + 1 : kLength16;
  if (frame_.size < size_min) {
    return fail(close_code::kProtocolError, "length not in its shortest form");
  }
  end_length();
}

// The size is known: the limits are checked before the mask arrives.
void WebSocketDecoder::end_length() {
  if (!is_control(frame_.opcode)) {
    if (frame_.size > limits_.frame_size_max) return fail(close_code::kTooBig, "frame too big");
    const uint64_t size_before = in_message_ ? message_size_ : 0;
    if (frame_.size > limits_.message_size_max - size_before) {
      return fail(close_code::kTooBig, "message too big");
    }
  }
  if (role_ == WebSocketRole::kClient) return end_head();
  head_left_ = static_cast<uint8_t>(mask_.size());
  state_ = State::kMask;
}

void WebSocketDecoder::end_head() {
  payload_size_left_ = frame_.size;
  if (is_control(frame_.opcode)) {
    control_.clear();
    state_ = State::kControl;
    return;
  }
  if (frame_.opcode != WebSocketOpcode::kContinuation) {
    in_message_ = true;
    message_opcode_ = frame_.opcode;
    message_compressed_ = frame_.compressed;
    message_size_ = 0;
    fragment_count_ = 0;
  }
  message_size_ += frame_.size;
  ++fragment_count_;
  head_ended_ = true;
  state_ = frame_.size > 0 ? State::kPayload : State::kFrameEnd;
}

// Removes the payload's bytes from `input` and returns them unmasked.
std::span<std::byte> WebSocketDecoder::take_payload(std::span<std::byte>& input) {
  const auto size = static_cast<size_t>(std::min<uint64_t>(input.size(), payload_size_left_));
  const std::span<std::byte> part = input.first(size);
  input = input.subspan(size);
  if (role_ == WebSocketRole::kServer) apply_mask(part, mask_, frame_.size - payload_size_left_);
  payload_size_left_ -= size;
  return part;
}

void apply_mask(std::span<std::byte> bytes, const WebSocketMask& mask, uint64_t offset) {
  // The mask, rotated to the offset of `bytes` and repeated: applied eight bytes at a time.
  static_assert(std::endian::native == std::endian::little);
  const auto word_mask = std::rotr(std::bit_cast<uint32_t>(mask), static_cast<int>(offset % 4) * 8);
  const uint64_t key = uint64_t{word_mask} << 32 | word_mask;
  size_t i = 0;
  for (; bytes.size() - i >= sizeof(key); i += sizeof(key)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, sizeof(word));
    word ^= key;
    std::memcpy(bytes.data() + i, &word, sizeof(word));
  }
  const auto turned = std::bit_cast<std::array<std::byte, sizeof(key)>>(key);
  for (size_t j = 0; i < bytes.size(); ++i, ++j) bytes[i] ^= turned[j];
}

EncodedFrameHead encode_frame_head(const WebSocketFrame& frame,
                                   const std::optional<WebSocketMask>& mask) {
  ECHOD_CHECK(frame.size >> 63 == 0);
  if (is_control(frame.opcode)) {
    ECHOD_CHECK(frame.fin && frame.size <= kControlPayloadSizeMax);
  }
  // RSV1 applies to the message, so it is set only on its first frame.
  ECHOD_CHECK(!frame.compressed || frame.opcode == WebSocketOpcode::kText ||
              frame.opcode == WebSocketOpcode::kBinary);
  EncodedFrameHead head;
  head.put((frame.fin ? kFinBit : 0U) | (frame.compressed ? kRsv1Bit : 0U) |
           static_cast<unsigned>(frame.opcode));
  const unsigned mask_bit = mask ? kMaskBit : 0U;
  unsigned length_size = 0;
  if (frame.size < kLength16) {
    head.put(mask_bit | frame.size);
  } else {
    length_size = frame.size <= kLength16Max ? 2 : 8;
    head.put(mask_bit | (length_size == 2 ? kLength16 : kLength64));
  }
  while (length_size-- > 0) head.put(frame.size >> (8 * length_size));
  if (mask) {
    for (const std::byte byte : *mask) head.put(static_cast<uint8_t>(byte));
  }
  return head;
}

size_t write_control_frame(std::span<std::byte> out, WebSocketOpcode opcode,
                           std::span<const std::byte> payload,
                           const std::optional<WebSocketMask>& mask) {
  ECHOD_CHECK(is_control(opcode) && out.size() >= kControlFrameSizeMax);
  const EncodedFrameHead head = encode_frame_head({.opcode = opcode, .size = payload.size()}, mask);
  std::ranges::copy(head.bytes(), out.begin());
  const std::span<std::byte> body = out.subspan(head.bytes().size(), payload.size());
  std::ranges::copy(payload, body.begin());
  if (mask) apply_mask(body, *mask, 0);
  return head.bytes().size() + body.size();
}

}  // namespace echod::wire
