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
    kPending,    // nothing received yet: wait_for_body()
    kChunk,      // the client begins a chunk of `size` bytes (the chunked coding of HTTP/1.1)
    kData,       // `bytes` are next
    kEnd,        // the request is complete, and trailers() are known
    kMalformed,  // malformed or over a limit: refusal() says why
    kCut,        // the client disconnected
  };

  Kind kind = Kind::kPending;
  uint64_t size = 0;                      // of kChunk: more than 0
  std::span<const std::byte> bytes = {};  // of kData: never empty; valid until the next call
  Chunk chunk = {};                       // of large kData: owns `bytes`, to be moved into write()

  // The bytes that the client sent for this part, with its framing; set for kPending too. Empty if
  // the version of HTTP has no such text.
  std::span<const std::byte> raw = {};

  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

// Why a request is rejected.
struct Refusal {
  int status = 0;                 // for the response
  std::string_view rule = {};     // which rule was broken, a literal: "there is no Host header"
  uint64_t at = 0;                // the byte of the request that caused it, from 1; 0: none
  FieldList fields = {};          // of the response; valid until it has been sent
  std::string_view upgrade = {};  // see ResponseHead
};

struct ResponseHead {
  int status = 200;
  FieldList fields;                   // all but the framing fields
  std::optional<uint64_t> size = {};  // of the content, in bytes; none: not known yet
  bool close = false;                 // the connection ends with this response
  std::string_view upgrade = {};      // for status 426: the protocol to upgrade to
};

// Whether a response has content: none to HEAD, and none with 1xx, 204, 205 or 304 (RFC 9110
// sections 6.4.1 and 15.3.6).
constexpr bool has_content(std::string_view method, int status) {
  return method != "HEAD" && status >= 200 && status != 204 && status != 205 && status != 304;
}

// At most one of its tasks may be pending at a time. Tasks fail if the connection fails.
class Exchange {
 public:
  virtual ~Exchange() = default;

  // --- The request. Valid until the exchange's end.

  // If the request was rejected before its head was complete: what is known, maybe the method.
  virtual const Request& request() const = 0;

  // From the first byte of the head to its last; 0 if it arrived in one piece.
  virtual Duration head_duration() const = 0;

  // The next part of the body among the received bytes.
  virtual BodyPart poll_body() = 0;

  // After kPending: sends what was written, and waits until the client sends more or ends its side.
  virtual Task<> wait_for_body() = 0;

  // Whether poll_body() has given kEnd.
  virtual bool body_read() const = 0;

  // After kEnd; empty if there are none.
  virtual FieldList trailers() const = 0;

  // After kMalformed, or if the head was malformed.
  virtual Refusal refusal() const = 0;

  // --- The response: any number of inform(), begin(), any number of write(), end().

  // Sends an interim response at once (RFC 9110 section 15.2): 100, 103. Does nothing if the
  // client's version has none; nor for 100 if the body has begun to arrive.
  virtual Task<> inform(int status, FieldList fields) = 0;

  virtual Task<> begin(ResponseHead head) = 0;

  // The next `size` bytes, written in any number of calls, form one chunk (chunked coding). Without
  // it each call of write() is a chunk.
  virtual Task<> begin_chunk(uint64_t size) = 0;

  // Writes a part of the content, which has_content() must allow. A part passed as a Chunk is not
  // copied.
  virtual Task<> write(std::string_view part) = 0;
  virtual Task<> write(BodyPart part) = 0;

  // Sends what was written.
  virtual Task<> flush() = 0;

  // `trailers` are sent if the response's framing supports them.
  virtual Task<> end(FieldList trailers) = 0;

  // Leaves the response incomplete, in a way that the client detects.
  virtual void cut() = 0;

  // The rest of the body will not be read.
  virtual void abandon_body() = 0;

  // --- The client.

  // Waits until `until`, or until bytes arrive, which are kept. Fails at once if the connection
  // breaks.
  virtual Task<> watch_client(Time until) = 0;

  // Whether the client has ended its side: it may have disconnected, or wait for the response.
  virtual bool client_ended() const = 0;
};

}  // namespace echod::http
