// Decodes HTTP/1 responses for a client, sans I/O: bytes in, events out. As strict about framing as
// the request decoder, with which it shares the readers of fields and of the chunked coding.
//
// Optimised for a client that repeats one request: the heads of the responses differ at most in the
// date. So a head that arrives in one piece and equals the one before is not parsed again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "wire/http1/chunked.h"
#include "wire/http1/fields.h"
#include "wire/http1/request.h"
#include "wire/http1/status_line.h"

namespace echod::wire {

// How a response's body ends (RFC 9112 section 6.3).
enum class ResponseFraming : uint8_t { kNone, kContentLength, kChunked, kUntilClose };

struct ResponseHead {
  int status = 0;  // 200 to 599, or 101
  ResponseFraming framing = ResponseFraming::kNone;
  uint64_t content_length = 0;  // with kContentLength
  bool keep_alive = true;       // whether the connection may be used for a next request
};

// Not for responses to CONNECT, whose heads do not describe their bodies.
//
//   while (...) switch (decoder.next(input)) { ... }
class ResponseDecoder {
 public:
  enum class Event : uint8_t {
    kNeedInput,  // all of the input is consumed; no event yet
    kHead,       // head() is complete; interim responses (1xx) before it are skipped
    kBody,       // body() is the next part of the body
    kEnd,        // the response is complete; the next one may follow
    kError,      // malformed or over a limit; nothing more is decoded
  };

  explicit ResponseDecoder(const HttpLimits& limits);
  ResponseDecoder(const ResponseDecoder&) = delete;
  ResponseDecoder& operator=(const ResponseDecoder&) = delete;

  // From now on all responses are to HEAD requests: they have no body, whatever their heads say.
  void expect_no_bodies() { to_head_ = true; }

  // The next event in `input`, whose consumed part is removed from its front. Call it until
  // kNeedInput: a response without a body yields kEnd also when `input` is empty.
  Event next(std::span<const std::byte>& input);

  // The server ended its side of the connection. kEnd: that completed a response (kUntilClose).
  // kNeedInput: it came between two responses. kError: in the middle of one.
  Event end_of_input();

  // From kHead to kEnd.
  const ResponseHead& head() const { return head_; }

  // After kBody: a part of the `input` that next() was given, never empty.
  std::span<const std::byte> body() const { return body_; }

  // After kError: what is wrong, such as "malformed status line".
  std::string_view error() const { return error_; }

  // Whether a response has begun and is not complete.
  bool in_response() const {
    return state_ != State::kStatusLine || line_.started() || interim_count_ > 0;
  }

  static constexpr unsigned kInterimMax = 16;  // 1xx responses before a final one

 private:
  enum class State : uint8_t {
    kStatusLine,
    kFields,
    kSizedBody,
    kChunkedBody,
    kOpenBody,
    kTrailers,
    kEnd,  // kEnd is the next event
    kFailed,
  };

  // What the fields said, until the head is complete.
  struct FieldFacts {
    bool content_length = false;
    bool chunked = false;
    bool close = false;
    bool keep_alive = false;
    uint64_t length = 0;
  };

  void start();
  Event fail(std::string_view what);
  bool repeat_head(std::span<const std::byte>& input);
  bool read_head(std::span<const std::byte>& input);
  bool read_status_line(std::span<const std::byte>& input);
  bool read_fields(std::span<const std::byte>& input);
  void read_trailers(std::span<const std::byte>& input);
  Event read_body(std::span<const std::byte>& input);
  std::string_view take_field(std::string_view name, std::string_view value);
  void take_connection(std::string_view value);
  bool finish_head();
  void begin_body();

  const HttpLimits limits_;
  StatusLineReader line_;
  FieldReader fields_;
  ChunkedDecoder chunked_;
  ResponseHead head_;
  FieldFacts facts_;
  std::span<const std::byte> body_;
  uint64_t body_size_left_ = 0;
  State state_ = State::kStatusLine;
  unsigned interim_count_ = 0;
  std::string last_head_bytes_;  // of the last head that came in one piece; empty: none
  ResponseHead last_head_;       // and its meaning
  std::string_view error_;
  bool to_head_ = false;  // expect_no_bodies()
};

}  // namespace echod::wire
