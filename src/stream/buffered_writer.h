// A buffered writer. A handler flushes it when there is no more input; a full buffer is sent at
// once. So a small response is one send, and so are the responses to a dozen pipelined requests.
// Large parts are not copied, but sent as the chunk in which they were received.
#pragma once

#include <span>
#include <string_view>

#include "base/chunk.h"
#include "base/task.h"
#include "stream/stream.h"

namespace echod {

class BufferedWriter {
 public:
  // Parts up to this size, in bytes, are copied into the buffer: copying a few kilobytes costs less
  // than an additional send.
  static constexpr size_t kCopiedSizeMax = 4096;

  // Both must outlive it.
  BufferedWriter(Stream& peer, BufferPool& buffers) : peer_(peer), buffers_(buffers) {}

  // Buffers `text`; sends the buffer whenever it is full. Text that fits is copied before this
  // returns, other text while the task is awaited.
  Task<> write(std::string_view text);

  // Writes `part` of the received chunk `in`. If the part is large and ends where the chunk ends,
  // the chunk itself is moved out and sent; else the part is copied.
  Task<> pass(Chunk& in, std::span<const std::byte> part);

  // Sends the buffer, and then `chunk`.
  Task<> send(Chunk chunk);

  // Whether nothing is buffered.
  bool empty() const { return !gathered_; }

  // Sends the buffer. Call this before waiting for input, and at the end.
  Task<> flush();

 private:
  Task<> write_parts(std::string_view text);

  Stream& peer_;
  BufferPool& buffers_;
  Chunk gathered_;
};

}  // namespace echod
