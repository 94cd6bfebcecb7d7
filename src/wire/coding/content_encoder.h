// Compresses a response's content as it is sent, in one of the content codings (RFC 9110 section
// 8.4.1), with zlib, libbrotlienc and libzstd: bytes of any cut in, pieces of a size that the
// caller chooses out. The settings are for a server: no level that keeps the other connections of
// a thread waiting for long, and windows that many clients at once can have.
//
// Memory of one encoder, taken at the first call and given back at the end, at an error and by the
// destructor. An allocator keeps the limit: a library that wanted more would get kNoMemory.
//
//   coding         settings                                  held       limit
//   gzip, deflate  level 6, window 32 KiB, memory level 8    262 KiB    384 KiB
//   br             quality 4, window 64 KiB                  1900 KiB   3 MiB
//   zstd           level 3, window 128 KiB, small tables     1146 KiB   1536 KiB
//
// (Held at most, on content of many kinds: ContentEncoderTest.HoldsAsMuchMemoryAsItSays. Only
// brotli's depends on the content: its tables grow with the number of short matches, by its source
// to less than 2.8 MiB.) brotli's window is small because it gathers twice as much before it
// writes, with tables for that: a window of 256 KiB would take 3.5 MiB, and save 1 % of a content's
// size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "wire/http/content_coding.h"

namespace echod::wire {

// Where a call has come to.
struct EncoderStep {
  size_t size = 0;    // bytes written to the front of `out`, maybe 0
  bool done = false;  // what was asked for is complete; false: `out` is full, make the call again
};

// Writes one content.
//
//   for each part of it: encode() until done
//   where the client is to have what was written so far: flush() until done
//   at its end: finish() until done
//
// The only error is kNoMemory, of every call from then on: what was written is cut off.
class ContentEncoder {
 public:
  // `out` must have room for as much, so that zlib is never asked for a flush that cannot fit.
  static constexpr size_t kOutSizeMin = 32;  // bytes

  // Identity is a coding too, whose encoder copies.
  explicit ContentEncoder(ContentCoding coding);
  ContentEncoder(ContentEncoder&&) noexcept;
  ContentEncoder& operator=(ContentEncoder&&) noexcept;
  ~ContentEncoder();

  // Consumes from the front of `input`, until it is empty, and writes to `out`: often nothing,
  // since each library gathers a block first. What comes out in all is the same for every cut.
  Result<EncoderStep> encode(std::span<const std::byte>& input, std::span<std::byte> out);

  // Writes all that was given so far, in a form that the client can decode at once. Nothing where
  // nothing was given since the last flush. Costs some bytes, and compression: not for each piece
  // of a file.
  Result<EncoderStep> flush(std::span<std::byte> out);

  // Writes what is left, and the coding's end, also of an empty content. Behind it no call may
  // follow: checked.
  Result<EncoderStep> finish(std::span<std::byte> out);

  ContentCoding coding() const { return coding_; }

  // The limit of what an encoder for `coding` holds, in bytes.
  static size_t memory_size_max(ContentCoding coding);

  // The bytes of memory that the library held at most so far.
  size_t memory_size_peak() const { return memory_size_peak_; }

 private:
  class Library;
  class Copying;
  class Zlib;
  class Brotli;
  class Zstd;

  enum class Operation : uint8_t { kEncode, kFlush, kFinish };
  enum class State : uint8_t {
    kOpen,
    kFlushing,   // a flush has begun and is not complete
    kFinishing,  // the same of the end
    kFinished,
    kFailed,
  };

  Result<EncoderStep> run(Operation operation, std::span<const std::byte>& input,
                          std::span<std::byte> out);
  bool ready();
  std::unique_ptr<Library> new_library() const;

  ContentCoding coding_;
  State state_ = State::kOpen;
  bool unflushed_ = false;  // the library was given bytes since its last flush
  size_t memory_size_peak_ = 0;
  std::unique_ptr<Library> library_;
};

// All of a content that is in memory as a whole, encoded. Throws std::bad_alloc, as strings do,
// where there is no memory for the result.
Result<std::string> encoded(ContentCoding coding, std::string_view content);

}  // namespace echod::wire
