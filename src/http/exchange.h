// One HTTP request and its response, over whichever version of HTTP carries them. HTTP/1.1 is one
// implementation (protocol/http1/exchange.h), the tests' MemoryExchange another. Endpoints do not
// use it directly: a Responder (http/responder.h) stands between, which does what every response
// needs.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/chunk.h"
#include "base/clock.h"
#include "base/task.h"
#include "wire/http/field_list.h"
#include "wire/http/request_head.h"

namespace echod::http {

using wire::BodyFraming;
using wire::Field;
using wire::FieldBuffer;
using wire::FieldList;
using Request = wire::RequestHead;

// The next part of a request's body.
struct BodyPart {
  enum class Kind : uint8_t {
    kPending,    // nothing has come: wait_for_body()
    kChunk,      // the client begins a chunk of `size` bytes (the chunked coding of HTTP/1.1)
    kData,       // `bytes` are next
    kEnd,        // the request is complete, and trailers() are known
    kMalformed,  // what came is no request, or over a limit: refusal() says why
    kCut,        // the client is gone
  };

  Kind kind = Kind::kPending;
  uint64_t size = 0;                      // of kChunk: more than 0
  std::span<const std::byte> bytes = {};  // of kData: never empty; valid until the next call
  Chunk chunk = {};                       // of large kData: owns `bytes`, to be moved into write()

  // What the client sent for this part, with its framing; also of kPending. Empty where the version
  // of HTTP has no such text.
  std::span<const std::byte> raw = {};

  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

// Why a request was not understood.
struct Refusal {
  int status = 0;              // for the response
  std::string_view rule = {};  // which rule was broken, a literal: "there is no Host header"
  uint64_t at = 0;             // the byte of the request that shows it, from 1; 0: none does
};

struct ResponseHead {
  int status = 200;
  FieldList fields;                   // all but those that frame the response
  std::optional<uint64_t> size = {};  // of the content, in bytes; none: it is not known yet
  bool close = false;                 // the connection ends with this response
  std::string_view upgrade = {};      // the only protocol to upgrade to, with status 426
};

// Whether a response has content: not after HEAD, and not with 1xx, 204, 205 or 304 (RFC 9110
// sections 6.4.1 and 15.3.6).
constexpr bool has_content(std::string_view method, int status) {
  return method != "HEAD" && status >= 200 && status != 204 && status != 205 && status != 304;
}

// At most one task of it may be pending at a time. Tasks fail when the connection does.
class Exchange {
 public:
  virtual ~Exchange() = default;

  // --- The request. Valid until the exchange's end.

  // Of a request that is refused before its head is complete: what is known, maybe the method.
  virtual const Request& request() const = 0;

  // From the head's first byte to its last; 0 where it came in one piece.
  virtual Duration head_duration() const = 0;

  // The next part of the body in what has been received.
  virtual BodyPart poll_body() = 0;

  // After kPending: sends what was written, and waits for the client to send more, or to end.
  virtual Task<> wait_for_body() = 0;

  // Whether poll_body() has given kEnd.
  virtual bool body_read() const = 0;

  // After kEnd; empty where there are none.
  virtual FieldList trailers() const = 0;

  // After kMalformed, or where the head was.
  virtual Refusal refusal() const = 0;

  // --- The response: any number of inform(), begin(), any number of write(), end().

  // Sends an interim response at once (RFC 9110 section 15.2): 100, 103. Does nothing where the
  // client's version has none, and for 100 where the body has begun to come.
  virtual Task<> inform(int status, FieldList fields) = 0;

  virtual Task<> begin(ResponseHead head) = 0;

  // What write() is given next, `size` bytes in any number of calls, is one chunk where there are
  // chunks. Without it each call is.
  virtual Task<> begin_chunk(uint64_t size) = 0;

  // Writes a part of the content, which has_content() must allow. A part that owns its chunk is not
  // copied.
  virtual Task<> write(std::string_view part) = 0;
  virtual Task<> write(BodyPart part) = 0;

  // Sends what was written.
  virtual Task<> flush() = 0;

  // `trailers` are sent where the response has a place for them.
  virtual Task<> end(FieldList trailers) = 0;

  // The response stays incomplete, and the client is made to see that.
  virtual void cut() = 0;

  // The rest of the request will not be read.
  virtual void abandon_body() = 0;

  // --- The client.

  // Waits until `until`, or less where something comes, which is kept; fails at once where the
  // connection breaks.
  virtual Task<> watch_client(Time until) = 0;

  // Whether the client has ended its side: it may have gone, or wait for the response.
  virtual bool client_ended() const = 0;
};

}  // namespace echod::http
