// What a handler writes, gathered in one buffer until the input runs dry or the buffer is full: a
// small answer is one send, and so are the answers to a dozen pipelined requests. What is large is
// not gathered but sent as the chunk it was received in.
#pragma once

#include <span>
#include <string_view>

#include "base/chunk.h"
#include "base/task.h"
#include "stream/stream.h"

namespace echod {

class BufferedWriter {
 public:
  // A part up to this size, in bytes, is copied behind what is gathered already: a copy of a few
  // kilobytes costs less than a send of its own.
  static constexpr size_t kCopiedSizeMax = 4096;

  // Both must outlive it.
  BufferedWriter(Stream& peer, BufferPool& buffers) : peer_(peer), buffers_(buffers) {}

  // Gathers `text`, sending what is gathered whenever the buffer is full.
  Task<> write(std::string_view text);

  // Writes `part` of the received chunk `in`: as that chunk itself, which is then gone, where the
  // part is large and ends where the chunk ends; else as a copy.
  Task<> pass(Chunk& in, std::span<const std::byte> part);

  // Sends what is gathered, and then `chunk`.
  Task<> send(Chunk chunk);

  // Sends what is gathered. To be called before waiting for input, and at the end.
  Task<> flush();

 private:
  Stream& peer_;
  BufferPool& buffers_;
  Chunk gathered_;
};

}  // namespace echod
