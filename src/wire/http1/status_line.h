// Reads a status line, "HTTP/1.1 200 OK\r\n" (RFC 9112 section 4). Sans I/O and incremental: each
// byte is examined once, and an invalid byte is reported at its position. The reason phrase is
// skipped. It may be missing, together with the space before it, as some servers send it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace echod::wire {

class StatusLineReader {
 public:
  enum class Event : uint8_t {
    kNeedInput,  // all of the input is consumed
    kEnd,        // the line was read
    kError,      // malformed, too long, or not HTTP/1; read no further
  };

  // Begins a line of at most `size_max` bytes, its CRLF included.
  void start(size_t size_max);

  // Consumes from the front of `input`.
  Event next(std::span<const std::byte>& input);

  bool started() const { return size_ > 0; }

  // After kEnd.
  int status() const { return status_; }  // 100 to 599
  int minor_version() const { return minor_version_; }
  size_t size() const { return size_; }  // its CRLF included

 private:
  enum class State : uint8_t { kVersion, kStatus, kSpace, kReason, kLineFeed };

  bool step(unsigned char byte);

  size_t size_max_ = 0;
  size_t size_ = 0;
  int status_ = 0;
  int minor_version_ = 0;
  uint8_t digits_ = 0;  // of the status
  State state_ = State::kVersion;
};

}  // namespace echod::wire
