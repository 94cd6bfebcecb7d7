// HTTP/1.0 and HTTP/1.1 requests, sans I/O: bytes in, events out. Strict where RFC 9112 allows it,
// because lax parsers enable request smuggling: lines end in CRLF, no whitespace before a colon, no
// folded lines, one Content-Length of digits without leading zeros, no Content-Length beside
// Transfer-Encoding, "chunked" as the only coding, exactly one valid Host in HTTP/1.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "wire/http/request_head.h"
#include "wire/http1/chunked.h"
#include "wire/http1/fields.h"
#include "wire/http1/request_line.h"

namespace echod::wire {

// Limits on what a peer can make the server store. In bytes unless the name says otherwise.
struct HttpLimits {
  size_t request_line_size_max = SIZE_MAX;  // without its CRLF, beyond: 414; no limit of its own

  // Request line and fields, all CRLFs included; beyond: 414 if the line alone is larger, else 431.
  size_t head_size_max = 32768;
  size_t field_count_max = 1000;     // fields of the head, and again of the trailers; beyond: 431
  size_t chunk_line_size_max = 256;  // size and extensions, without the CRLF; beyond: 400
  size_t trailer_size_max = 8192;    // the trailer section, all CRLFs included; beyond: 431
  uint64_t body_size_max = uint64_t{1} << 40;  // the whole body; beyond: 413
};

// Decodes one connection's requests, one after another.
//
//   for each piece of input:
//     while (!input.empty()) switch (decoder.next(input)) { ... }
//
// next() consumes from the front of `input`. The head is copied into the decoder (a few hundred
// bytes), so that a connection that waits for the rest of a head holds no receive buffer. Body
// bytes are not copied.
class RequestDecoder {
 public:
  enum class Event : uint8_t {
    kNeedInput,  // all of the input is consumed; no event yet
    kHead,       // head() is complete
    kChunk,      // a chunk of chunk_size() bytes begins (chunked bodies)
    kBody,       // body() is the next part of the body; it never spans two chunks
    kEnd,        // the request is complete; call reset() before the next
    kError,  // malformed or over a limit: respond with refusal() and close; nothing more is decoded
  };

  // `noted_prefix`: RequestHead::has_noted_field says whether the name of any field begins with it,
  // in any case; empty: nothing is noted. It must outlive the decoder.
  explicit RequestDecoder(const HttpLimits& limits, std::string_view noted_prefix = {});
  RequestDecoder(const RequestDecoder&) = delete;  // head() points into it
  RequestDecoder& operator=(const RequestDecoder&) = delete;

  // The next event in `input`, whose consumed part is removed from its front. A request without a
  // body yields kEnd right after kHead, also when `input` is empty: call next() until kNeedInput.
  // Between kEnd and reset() it must not be called; after kError it repeats kError.
  Event next(std::span<const std::byte>& input);

  // Valid from kHead until reset().
  const RequestHead& head() const;

  // The method of the current request once its request line was read, even if its head is
  // incomplete or failed; else empty.
  std::string_view begun_method() const;

  // After kChunk: more than 0.
  uint64_t chunk_size() const { return chunked_.chunk_size(); }

  // After kBody: a part of the `input` that next() was given, never empty.
  std::span<const std::byte> body() const;

  // The trailer fields, if any. From kEnd until reset().
  FieldList trailers() const { return FieldList(trailers_); }

  // After kError: status 400, 413, 414, 417 (unknown expectation), 431, 501 (unknown transfer
  // coding) or 505 (another major version). Each is reported as early as it is certain.
  const Http1Refusal& refusal() const;
  int error_status() const { return refusal().status; }

  // After kError: the position of the byte that caused it, counted from 1 at the request's first
  // byte. It does not depend on how the bytes were split.
  uint64_t refused_at() const { return consumed_ + (at_next_byte_ ? 1 : 0); }

  // Ready for the next request on the connection; after kEnd only. Frees the memory of an unusually
  // large head.
  void reset();

  // Whether a request has begun: bytes of a head were consumed (empty lines before a request line
  // do not count, RFC 9112 section 2.2) and kEnd was not reached. While false, a peer may close or
  // be idle without an error.
  bool in_request() const;

 private:
  enum class State : uint8_t {
    kRequestLine,
    kFields,
    kSizedBody,
    kChunkedBody,
    kTrailers,
    kEnd,   // kEnd is the next event
    kDone,  // kEnd was returned
    kFailed,
  };

  // What the fields said so far. They are checked together when the head is complete.
  struct FieldFacts {
    bool host = false;
    bool content_length = false;
    bool chunked = false;         // "chunked" is the last transfer coding so far
    bool unknown_coding = false;  // there is another transfer coding
    bool close = false;
    bool keep_alive = false;
    bool continue_expected = false;
    bool unknown_expectation = false;
  };

  void start();
  Event next_event(std::span<const std::byte>& input);
  Event fail(const Http1Refusal& refusal);
  Http1Refusal read_head(std::span<const std::byte>& input);
  Http1Refusal read_request_line(std::span<const std::byte>& input);
  Http1Refusal read_fields(std::span<const std::byte>& input);
  Http1Refusal read_trailers(std::span<const std::byte>& input);
  Event read_sized_body(std::span<const std::byte>& input);
  Event read_chunked_body(std::span<const std::byte>& input);
  Http1Refusal take_field(std::string_view name, std::string_view value);
  Http1Refusal take_host(std::string_view value);
  Http1Refusal take_content_length(std::string_view value);
  Http1Refusal take_transfer_encoding(std::string_view value);
  void take_connection(std::string_view value);
  void take_expect(std::string_view value);
  Http1Refusal finish_head();
  void fill_views();

  const HttpLimits limits_;
  const std::string_view noted_prefix_;
  RequestLineReader line_;
  FieldReader fields_;
  ChunkedDecoder chunked_;
  RequestHead head_;
  FieldFacts facts_;
  std::string content_type_;
  std::string head_bytes_;
  std::string trailers_;
  std::span<const std::byte> body_;
  uint64_t body_size_left_ = 0;  // of BodyFraming::kContentLength
  State state_ = State::kRequestLine;
  Http1Refusal refusal_;
  uint64_t consumed_ = 0;      // bytes of the request
  bool at_next_byte_ = false;  // the invalid byte is the one after those
};

}  // namespace echod::wire
