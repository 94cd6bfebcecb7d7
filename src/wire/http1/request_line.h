// Reads a request line, "METHOD TARGET HTTP/1.1\r\n" (RFC 9112 section 3), and the few empty lines
// that may come before it. Sans I/O and incremental: each byte is examined once, and an
// invalid one is reported at its position.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "wire/http1/refusal.h"

namespace echod::wire {

// Old clients send a CRLF after a body without counting it (RFC 9112 section 2.2).
inline constexpr size_t kEmptyLinesMax = 4;

class RequestLineReader {
 public:
  enum class Event : uint8_t {
    kNeedInput,  // all of the input is consumed
    kEnd,        // the line was read
    kError,      // refusal() says why; read no further
  };

  // Begins a line of at most `size_max` bytes before its CRLF.
  void start(size_t size_max);

  // Consumes from the front of `input`, up to the end of the line.
  Event next(std::span<const std::byte>& input);

  // Whether a byte of the line was read.
  bool started() const { return started_; }

  // Whether the whole line was read.
  bool is_read() const { return read_; }

  // After kEnd. The views are valid until the next start().
  std::string_view method() const { return std::string_view(line_).substr(0, method_size_); }
  std::string_view target() const { return std::string_view(line_).substr(method_size_); }
  int minor_version() const { return minor_version_; }  // of HTTP/1
  size_t size() const { return size_; }                 // before the CRLF

  // After kError: status 400, 414 (over the limit) or 505 (another major version).
  const Http1Refusal& refusal() const { return refusal_; }

  // Frees the buffer, with the method and target, if it is larger than `size_kept`.
  void shrink(size_t size_kept);

 private:
  enum class State : uint8_t { kEmptyLine, kEmptyLineFeed, kMethod, kTarget, kVersion, kLineFeed };

  void take_run(std::span<const std::byte>& input);
  Http1Refusal step(unsigned char byte);
  Http1Refusal empty_line_byte(unsigned char byte);
  bool take_version_byte(char byte);

  std::string line_;  // the method, then the target, without the space
  size_t method_size_ = 0;
  size_t size_max_ = 0;
  size_t size_ = 0;          // bytes of the line so far
  size_t version_size_ = 0;  // bytes of the version so far
  State state_ = State::kEmptyLine;
  bool started_ = false;
  bool read_ = false;
  uint8_t empty_lines_ = 0;
  uint8_t major_version_ = 0;
  uint8_t minor_version_ = 0;
  Http1Refusal refusal_;
};

}  // namespace echod::wire
