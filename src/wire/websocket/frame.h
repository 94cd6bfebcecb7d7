// WebSocket frames (RFC 6455 section 5), sans I/O: bytes in, events out, and frame heads to send.
// For both sides: a server reads masked frames, a client unmasked ones. Data is passed on frame by
// frame as it arrives, so an echo keeps the fragmentation of its message. It is unmasked in place
// and never copied. Control frames, at most 125 bytes, are buffered, because each gets a complete
// reply.
//
// The content of messages is not checked here: base/utf8.h validates text, and permessage_deflate.h
// handles compressed messages (RFC 7692).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "wire/websocket/close.h"

namespace echod::wire {

enum class WebSocketRole : uint8_t { kServer, kClient };

enum class WebSocketOpcode : uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

inline bool is_control(WebSocketOpcode opcode) { return opcode >= WebSocketOpcode::kClose; }

using WebSocketMask = std::array<std::byte, 4>;

// A frame header.
struct WebSocketFrame {
  WebSocketOpcode opcode = WebSocketOpcode::kBinary;
  bool fin = true;          // the message's last frame
  bool compressed = false;  // RSV1: the message is compressed; on its first frame alone
  uint64_t size = 0;        // of the payload, bytes

  friend bool operator==(const WebSocketFrame&, const WebSocketFrame&) = default;
};

// Limits on what a peer may send; beyond each of them: 1009. For a compressed message they count
// compressed bytes.
struct WebSocketLimits {
  uint64_t frame_size_max = uint64_t{64} << 20;    // payload of one data frame, bytes
  uint64_t message_size_max = uint64_t{64} << 20;  // payloads of a message's frames, bytes
  uint32_t fragment_count_max = 1 << 17;           // frames of one message, empty ones included
};

// Decodes one connection's frames, one after another.
//
//   for each piece of input:
//     for (;;) switch (decoder.next(input)) { ... }
//
// next() consumes from the front of `input` and unmasks payload in place. The events do not depend
// on how the bytes were split, except for how payloads are divided. A failure is always reported at
// the same byte: the first one that makes the frame invalid.
class WebSocketDecoder {
 public:
  enum class Event : uint8_t {
    kNeedInput,  // all of the input is consumed; no event yet
    kFrame,      // the header of a data frame is complete: frame()
    kPayload,    // payload() is the next part of its payload
    kFrameEnd,   // it is complete; with frame().fin so is the message
    kControl,    // a whole control frame: frame() and control_payload(). It comes between data
                 // frames, also in the middle of a message
    kError,      // fail the connection with failure(); nothing more is decoded
  };

  // `compression`: permessage-deflate was negotiated, so a message may be compressed.
  WebSocketDecoder(WebSocketRole role, bool compression, const WebSocketLimits& limits);

  // The next event in `input`, whose consumed part is removed from its front. Call it until
  // kNeedInput: an empty frame yields kFrameEnd also when `input` is empty. After kError it repeats
  // kError. Bytes after a close frame are still decoded; the caller must stop there.
  Event next(std::span<std::byte>& input);

  // From kFrame to kFrameEnd, and at kControl.
  const WebSocketFrame& frame() const { return frame_; }

  // After kPayload: a part of the `input` that next() was given, unmasked, never empty.
  std::span<std::byte> payload() const { return payload_; }

  // At kControl.
  const ControlPayload& control_payload() const { return control_; }

  // The type of the current message (kText or kBinary), and whether it is compressed, from its
  // first frame. Valid from the first kFrame to the last kFrameEnd.
  WebSocketOpcode message_opcode() const { return message_opcode_; }
  bool message_compressed() const { return message_compressed_; }

  // After kError: 1002 or 1009.
  const WebSocketFailure& failure() const { return failure_; }

  // Whether a frame, or a message, is incomplete. While neither is, a silent peer is idle.
  bool in_frame() const { return state_ != State::kFirst; }
  bool in_message() const { return in_message_; }

 private:
  enum class State : uint8_t {
    kFirst,  // the head's bytes, up to kMask
    kSecond,
    kLength,
    kMask,
    kPayload,
    kControl,
    kFrameEnd,  // kFrameEnd is the next event
    kFailed,
  };

  void fail(uint16_t code, std::string_view reason);
  void read_head(std::span<std::byte>& input);
  void take_mask(std::span<std::byte>& input);
  void head_byte(uint8_t byte);
  void first_byte(uint8_t byte);
  void second_byte(uint8_t byte);
  void length_byte(uint8_t byte);
  void end_length();
  void end_head();
  std::span<std::byte> take_payload(std::span<std::byte>& input);

  const WebSocketLimits limits_;
  const WebSocketRole role_;
  const bool compression_;
  State state_ = State::kFirst;
  uint8_t head_left_ = 0;        // bytes of the length or of the mask that are not read yet
  bool length_is_long_ = false;  // 8 bytes
  bool head_ended_ = false;      // kFrame is the next event
  bool in_message_ = false;
  bool message_compressed_ = false;
  WebSocketOpcode message_opcode_ = WebSocketOpcode::kBinary;
  WebSocketMask mask_ = {};
  uint32_t fragment_count_ = 0;     // frames of the current message
  uint64_t message_size_ = 0;       // and the sizes of their payloads
  uint64_t payload_size_left_ = 0;  // of the frame
  WebSocketFrame frame_;
  std::span<std::byte> payload_;
  ControlPayload control_;
  WebSocketFailure failure_;
};

// Masks or unmasks `bytes`, which begin `offset` bytes into their frame's payload (RFC 6455 section
// 5.3). The operation is its own inverse.
void apply_mask(std::span<std::byte> bytes, const WebSocketMask& mask, uint64_t offset);

inline constexpr size_t kFrameHeadSizeMax = 14;  // bytes
inline constexpr size_t kControlFrameSizeMax = 2 + 4 + kControlPayloadSizeMax;

// An encoded frame header.
class EncodedFrameHead {
 public:
  std::span<const std::byte> bytes() const { return std::span(bytes_).first(size_); }
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), size_}; }

 private:
  friend EncodedFrameHead encode_frame_head(const WebSocketFrame&,
                                            const std::optional<WebSocketMask>&);
  void put(uint64_t byte) { bytes_[size_++] = static_cast<std::byte>(byte & 0xff); }

  std::array<std::byte, kFrameHeadSizeMax> bytes_;
  uint8_t size_ = 0;
};

// The frame must be valid to send: checked. A client passes the mask with which it masks the
// payload; a server passes none.
EncodedFrameHead encode_frame_head(const WebSocketFrame& frame,
                                   const std::optional<WebSocketMask>& mask = std::nullopt);

// Writes a whole control frame to the front of `out`, which has room for kControlFrameSizeMax bytes
// (such as a Chunk's spare()). Returns its size. The payload, at most kControlPayloadSizeMax bytes,
// is copied, and the copy is masked.
size_t write_control_frame(std::span<std::byte> out, WebSocketOpcode opcode,
                           std::span<const std::byte> payload,
                           const std::optional<WebSocketMask>& mask = std::nullopt);

}  // namespace echod::wire
