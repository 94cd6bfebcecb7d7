// permessage-deflate's compression (RFC 7692 section 7.2), for either side, with zlib. Payloads may
// be split anywhere; the caller chooses the size of the output buffer. Nothing is buffered but
// zlib's own window, so the memory does not depend on the message's size.
// WebSocketFrame::compressed says which messages are compressed; control frames never are.
//
// Memory: up to 40 KiB for a MessageInflater and 264 KiB for a MessageDeflater (with windows of 15
// bits), allocated for the first message. release_memory() frees what context takeover does not
// need between messages.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "wire/websocket/close.h"
#include "wire/websocket/extensions.h"

namespace echod::wire {

// Limits on the inflated output; WebSocketLimits limits the input. Beyond each of them: 1009.
struct InflateLimits {
  uint64_t message_size_max = uint64_t{64} << 20;  // bytes
  // Maximum inflated bytes per compressed byte; 0 for no limit (DEFLATE's own maximum is 1032).
  // Applies once the message has more than ratio_floor bytes, since a short message of one repeated
  // letter is no attack. Checked after every kRatioStep bytes of output, however input and output
  // are divided, so a message exceeds it by less than that.
  uint32_t ratio_max = 200;
  uint64_t ratio_floor = uint64_t{1} << 20;  // bytes

  static constexpr uint64_t kRatioStep = 16384;  // bytes
};

// The result of a call, and how many bytes it wrote to the front of the caller's `out`. Every event
// can come with output, kError too.
struct CompressionStep {
  enum class Event : uint8_t {
    kNeedInput,  // all of the input is consumed
    kMore,       // `out` is full: call again with the rest of the input
    kEnd,        // finish() or flush() has written everything
    kError,      // fail the connection with failure(); do not call again
  };

  Event event = Event::kNeedInput;
  size_t size = 0;
};

// Reads the compressed messages of one direction, one after another.
//
//   for each part of a message's payload: inflate() until kNeedInput
//   at the end of its last frame: finish() until kEnd
class MessageInflater {
 public:
  // The negotiated parameters of the peer's direction: a server reads with the client's window and
  // takeover. A peer that refers further back than its negotiated window is not always detected.
  MessageInflater(uint8_t window_bits, bool context_takeover, const InflateLimits& limits);
  MessageInflater(MessageInflater&&) noexcept;
  MessageInflater& operator=(MessageInflater&&) noexcept;
  ~MessageInflater();

  // Consumes from the front of `input` and writes to `out`, which must not be empty.
  CompressionStep inflate(std::span<const std::byte>& input, std::span<std::byte> out);

  // Ends the message and writes its remaining output. An empty payload is an empty message.
  CompressionStep finish(std::span<std::byte> out);

  // After kError: 1009 over a limit; 1007 if the payload is not DEFLATE or ends in the middle of a
  // block (the frames are valid, but their content is not); 1011 if out of memory.
  const WebSocketFailure& failure() const { return failure_; }

  // Frees the memory that is not needed before the next message: all of it without context
  // takeover. Between messages only: checked.
  void release_memory();

  // Bytes of the current message written so far.
  uint64_t message_size() const { return message_size_; }

 private:
  struct State;

  // The result of one call to zlib.
  struct Turn {
    int status;
    size_t size;  // bytes written
  };

  CompressionStep run(std::span<const std::byte>& input, std::span<std::byte> out, bool tail);
  CompressionStep fail(uint16_t code, std::string_view reason, size_t size);
  Turn run_zlib(std::span<const std::byte>& input, std::span<std::byte> out, bool tail);
  size_t room_for(size_t size) const;
  bool ready();
  bool over_ratio() const;
  void end_message();

  InflateLimits limits_;
  uint8_t window_bits_;
  bool context_takeover_;
  uint8_t tail_left_ = 4;         // of the bytes that the sender took off the end
  bool at_boundary_ = true;       // the last block read is complete
  uint64_t compressed_size_ = 0;  // of the current message, consumed so far
  uint64_t message_size_ = 0;
  WebSocketFailure failure_;
  std::unique_ptr<State> state_;
};

// Writes the compressed messages of one direction, one after another.
//
//   for each part of a message: deflate() until kNeedInput
//   at its end: finish() until kEnd
//
// finish() writes all remaining output; before that, zlib may hold back any part of it.
class MessageDeflater {
 public:
  struct Options {
    uint8_t window_bits = kWindowBitsMax;  // 9 to 15
    bool context_takeover = true;
    int level = 6;         // of effort, 1 to 9
    int memory_level = 8;  // 1 to 9: 2^(this + 9) bytes, and 2^(window_bits + 2) for the window
  };

  // `out` must have room for as much, so that zlib is never asked for a flush that cannot fit.
  static constexpr size_t kOutSizeMin = 32;  // bytes

  explicit MessageDeflater(const Options& options);
  MessageDeflater(MessageDeflater&&) noexcept;
  MessageDeflater& operator=(MessageDeflater&&) noexcept;
  ~MessageDeflater();

  // Consumes from the front of `input` and writes to `out`. The only error is 1011, no memory.
  CompressionStep deflate(std::span<const std::byte>& input, std::span<std::byte> out);

  // Writes all of the message so far, which continues: the end of a frame that is not the last.
  CompressionStep flush(std::span<std::byte> out);

  // Ends the message and writes its remaining output.
  CompressionStep finish(std::span<std::byte> out);

  // After kError.
  const WebSocketFailure& failure() const { return failure_; }

  // As MessageInflater::release_memory().
  void release_memory();

 private:
  struct State;

  bool ready();
  CompressionStep run_flush(std::span<std::byte> out, bool last);

  Options options_;
  bool in_message_ = false;
  bool unflushed_ = false;  // zlib was given bytes since its last flush
  bool flushing_ = false;   // a flush has begun and is not complete
  uint8_t held_size_ = 0;   // of finish()'s output, the last bytes, which may be the tail
  std::array<std::byte, 4> held_ = {};
  WebSocketFailure failure_;
  std::unique_ptr<State> state_;
};

}  // namespace echod::wire
