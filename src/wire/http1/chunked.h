// Decodes the chunked transfer coding (RFC 9112 section 7.1), up to and including the size line of
// the last chunk. A FieldReader reads the trailers after it. Sans I/O and incremental. The data is
// never copied, and only the size of a size line is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "wire/http1/refusal.h"

namespace echod::wire {

class ChunkedDecoder {
 public:
  enum class Event : uint8_t {
    kNeedInput,  // all of the input is consumed
    kChunk,      // the size line of a chunk was read: chunk_size() bytes of data follow
    kData,       // data() is the next part of the body
    kLastChunk,  // the size line of the last chunk was read: the trailers follow
    kError,      // refusal() says why; read no further
  };

  // Begins a body of at most `body_size_max` bytes. A size line with its extensions may have at
  // most `line_size_max` bytes before its CRLF.
  void start(size_t line_size_max, uint64_t body_size_max);

  // Consumes from the front of `input`.
  Event next(std::span<const std::byte>& input);

  // After kChunk: more than 0.
  uint64_t chunk_size() const { return chunk_size_left_; }

  // After kData: a part of the `input` that next() was given, never empty.
  std::span<const std::byte> data() const { return data_; }

  // After kError: status 400 if malformed, 413 if the sizes add up to more than the limit.
  const Http1Refusal& refusal() const { return refusal_; }

 private:
  enum class State : uint8_t {
    kSize,
    kExtensionName,
    kExtension,
    kSizeLineFeed,
    kData,
    kDataReturn,
    kDataLineFeed,
  };

  Http1Refusal step(unsigned char byte);
  Http1Refusal size_byte(unsigned char byte);
  Http1Refusal end_size();

  std::span<const std::byte> data_;
  uint64_t body_size_left_ = 0;   // of the limit
  uint64_t chunk_size_left_ = 0;  // of the chunk being read
  size_t line_size_max_ = 0;
  size_t line_size_ = 0;  // bytes of the size line so far
  State state_ = State::kSize;
  uint8_t digits_ = 0;  // of the size line
  Http1Refusal refusal_;
};

}  // namespace echod::wire
