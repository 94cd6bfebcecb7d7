// Compresses a response's content as it is sent, in one of the content codings (RFC 9110 section
// 8.4.1), with zlib, libbrotlienc and libzstd. Input may be split anywhere; the caller chooses the
// size of the output buffer. The settings are for a server: no level that blocks the other
// connections of a thread for long, and windows small enough for many concurrent clients.
//
// The memory of one encoder is allocated by the first call, and freed at the end of the content,
// after an error, and by the destructor. An allocator enforces the limit: a library that needs more
// gets kNoMemory.
//
//   coding         settings                                  held       limit
//   gzip, deflate  level 6, window 32 KiB, memory level 8    262 KiB    384 KiB
//   br             quality 4, window 64 KiB                  1900 KiB   3 MiB
//   zstd           level 3, window 128 KiB, small tables     1146 KiB   1536 KiB
//
// "Held" is the peak over many kinds of content: ContentEncoderTest.HoldsAsMuchMemoryAsItSays. Only
// brotli's depends on the content: its tables grow with the number of short matches, to less than
// 2.8 MiB according to its source. brotli's window is small because brotli buffers twice the window
// before it writes, and needs tables for that: a window of 256 KiB would take 3.5 MiB, and save 1 %
// of the size.
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

// The result of one call.
struct EncoderStep {
  size_t size = 0;    // bytes written to the front of `out`, maybe 0
  bool done = false;  // the operation is complete; false: `out` is full, call again
};

// Writes one content.
//
//   for each part of it: encode() until done
//   where the client is to have what was written so far: flush() until done
//   at its end: finish() until done
//
// The only error is kNoMemory. Every later call then fails too, and the output stays incomplete.
class ContentEncoder {
 public:
  // `out` must have room for as much, so that zlib is never asked for a flush that cannot fit.
  static constexpr size_t kOutSizeMin = 32;  // bytes

  // Identity is a coding too: its encoder copies.
  explicit ContentEncoder(ContentCoding coding);
  ContentEncoder(ContentEncoder&&) noexcept;
  ContentEncoder& operator=(ContentEncoder&&) noexcept;
  ~ContentEncoder();

  // Consumes from the front of `input`, until it is empty, and writes to `out`. It often writes
  // nothing, since each library buffers a block first. The whole output does not depend on how the
  // input was split.
  Result<EncoderStep> encode(std::span<const std::byte>& input, std::span<std::byte> out);

  // Writes all input so far in a form that the client can decode at once. Writes nothing if there
  // was no input since the last flush. A flush costs some bytes and compression, so do not flush
  // after each piece of a file.
  Result<EncoderStep> flush(std::span<std::byte> out);

  // Writes the remaining output and the coding's trailer, for empty content too. No call may
  // follow: checked.
  Result<EncoderStep> finish(std::span<std::byte> out);

  ContentCoding coding() const { return coding_; }

  // The memory limit of an encoder for `coding`, in bytes.
  static size_t memory_size_max(ContentCoding coding);

  // The library's peak memory so far, in bytes.
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
    kFinishing,  // the end was requested and is not complete
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

// Encodes content that is entirely in memory. Throws std::bad_alloc, as strings do, if there is no
// memory for the result.
Result<std::string> encoded(ContentCoding coding, std::string_view content);

}  // namespace echod::wire
