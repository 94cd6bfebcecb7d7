// Reads a section of field lines, "NAME: VALUE\r\n", up to an empty line (RFC 9112 section 5): the
// header section or a chunked body's trailers. Sans I/O and incremental: each byte is examined
// once, only the current line is stored, and an invalid byte is reported at its position.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "wire/http1/refusal.h"

namespace echod::wire {

class FieldReader {
 public:
  enum class Event : uint8_t {
    kNeedInput,  // all of the input is consumed
    kField,      // name() and value() are the next field
    kEnd,        // the empty line was read
    kError,      // refusal() says why; read no further
  };

  // Begins a section of at most `size_max` bytes, its empty line included, and `count_max` fields.
  void start(size_t size_max, size_t count_max);

  // Consumes from the front of `input`, up to the end of the next line.
  Event next(std::span<const std::byte>& input);

  // After kField, until the next call of next().
  std::string_view name() const;
  std::string_view value() const;  // without surrounding whitespace, maybe empty

  // After kError: status 400 if malformed, 431 if over a limit.
  const Http1Refusal& refusal() const { return refusal_; }

  // Frees the buffer if it is larger than `size_kept`. After kEnd.
  void shrink(size_t size_kept);

 private:
  enum class State : uint8_t { kLineStart, kName, kValue, kLineFeed, kLastLineFeed };

  void take_run(std::span<const std::byte>& input);
  Http1Refusal step(unsigned char byte);

  std::string line_;  // the field being read: its name, then its value, without the colon
  size_t name_size_ = 0;
  size_t size_left_ = 0;
  size_t count_left_ = 0;
  State state_ = State::kLineStart;
  Http1Refusal refusal_;
};

}  // namespace echod::wire
