// One connection's requests and responses as endpoints see them: the request under way, the events
// of its body, and a response that is given as a head and parts of a body. Framing, HEAD, statuses
// without a body, what the client asked its answer to be, and the fields that every answer has are
// its business.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/handler.h"
#include "protocol/http_observer.h"
#include "protocol/response_control.h"
#include "stream/buffered_writer.h"
#include "stream/session.h"
#include "stream/stream.h"
#include "wire/coding/content_encoder.h"
#include "wire/http/content_coding.h"
#include "wire/http1/request.h"

namespace echod {

// How the reading of a request's body ended.
enum class BodyEnd : uint8_t {
  kComplete,
  kRefused,  // it is malformed, and nothing was answered yet
  kCut,      // it is malformed or the client is gone, and the answer is cut too
};

// Which browsers run nothing of, whatever a client made us say.
inline constexpr std::string_view kSandboxPolicy = "sandbox; default-src 'none'";

struct HttpResponseHead {
  int status = 200;                    // where the client does not ask for another
  std::string_view content_type = {};  // empty: no such field
  std::optional<uint64_t> size = {};   // of the body, in bytes; none: it is not known yet
  std::string_view fields = {};        // more of them: lines, each with its CRLF
  std::string_view policy = kSandboxPolicy;

  // A text about the request: it is compressed as the client's Accept-Encoding wants, unless it is
  // small, or the request has a credential, of which the size would tell (BREACH).
  bool document = false;

  // It depends on nothing but the request's method and target, so a cache may keep it. Anything
  // else is marked no-store: one client's echo must not become the answer to another.
  bool cacheable = false;
};

class Http1Exchange {
 public:
  using Event = wire::RequestDecoder::Event;

  // Everything given must outlive it.
  Http1Exchange(Stream& peer, Session& session, const HttpSettings& settings, ControlState& state);

  Stream& peer() { return peer_; }
  Session& session() { return session_; }
  const HttpSettings& settings() const { return settings_; }
  ControlState& control_state() { return state_; }
  wire::RequestDecoder& decoder() { return decoder_; }
  BufferedWriter& output() { return output_; }

  // The request: valid until the next one.
  const wire::RequestHead& head() const { return decoder_.head(); }
  std::string_view head_bytes() const { return decoder_.head_bytes(); }
  Duration head_duration() const { return head_duration_; }  // from its first byte to its last

  // To be called for each request: when its head is complete, or when it turns out to be none.
  void begin_request(Duration head_duration);
  void begin_refused_request();

  // And at its end, however that came: the observer is told, and the decoder made ready for the
  // next request where there may be one.
  void end_request();

  // What the client asked for; the usual until it is set.
  const ResponsePlan& plan() const { return plan_; }
  void set_plan(ResponsePlan plan);

  // Whether the answer is to be compressed, as the client asked and takes it. write_head() does not
  // know of it.
  bool compresses() const { return coding_ != wire::ContentCoding::kIdentity; }

  // The body is sent as it is, whatever the client asked for.
  void do_not_compress() { coding_ = wire::ContentCoding::kIdentity; }

  // Whether the connection is kept when the request under way has been answered.
  bool keep_alive() const { return keep_alive_; }
  void end_connection() { keep_alive_ = false; }

  // The answer stays incomplete, and is the last.
  void cut() {
    keep_alive_ = false;
    facts_.complete = false;
  }

  // --- Input.

  // Received, and not decoded yet.
  std::span<const std::byte>& unread() { return unread_; }

  // Replaces the decoded input by the next; no buffer is held while waiting. Returns whether there
  // is any.
  Task<bool> receive_more();

  // The chunk that unread() and the decoder's body() point into.
  Chunk& received() { return in_; }

  // What unread() points into, the decoded front removed; nothing is unread after that.
  Chunk take_unread();
  void drop_unread() {
    unread_ = {};
    in_ = Chunk();
  }

  // The decoder's next event in what was received.
  Event decode() {
    const Event event = decoder_.next(unread_);
    if (event == Event::kEnd) body_read_ = true;
    if (event == Event::kBody) facts_.request_body_size += decoder_.body().size();
    return event;
  }

  // Whether the request has come to its end.
  bool body_read() const { return body_read_; }

  // The next event of the body, receiving where there is none in what was received; kNeedInput: the
  // client is gone. What is gathered for sending is sent before waiting.
  Task<Event> next_event();

  // Takes the body in, and drops it.
  Task<BodyEnd> drop_body();

  // The same, and appends it to `body`, up to `size_max` bytes of it. A larger one, and one for
  // which the server's memory budget has no room, is dropped as a whole.
  struct KeptBody {
    enum class State : uint8_t { kWhole, kTooLarge, kNoMemory };

    explicit KeptBody(const HttpSettings& settings) : lease(settings.memory) {}
    State state = State::kWhole;
    std::string bytes;
    MemoryLease lease;
  };
  static constexpr size_t kFreeBodySize = 16 * 1024;  // bytes that are kept without the budget
  Task<BodyEnd> keep_body(KeptBody& body, size_t size_max);

  // --- Output. After begin(), any number of write(), then end().

  // A body of unknown size is sent in chunks or, to HTTP/1.0, ended by the connection's end.
  Task<> begin(const HttpResponseHead& head);

  // A part of the body, in a chunk of its own where there are chunks.
  Task<> write(std::string_view part);

  // What write() is given next, `size` bytes in any number of calls, is one part. Not needed for a
  // part that is one call.
  Task<> begin_part(uint64_t size);

  // Sends what was written, before a wait.
  Task<> flush();

  // `trailers`: lines, each with its CRLF; sent where there are chunks.
  Task<> end(std::string_view trailers = {});

  // All of it: begin(), write(), end().
  Task<> answer(HttpResponseHead head, std::string_view body);

  // Answers with `status`, and `text` as a line of text for people. The connection is ended where
  // the request's body has not been taken in.
  Task<BodyEnd> decline(int status, std::string_view text, std::string_view fields = {});

  // Declines with 503: the memory budget of the server (`HttpSettings::memory`) has no room for the
  // request.
  Task<BodyEnd> decline_for_memory();

  // Takes a place among the delayed responses (ControlState), which the exchange keeps until
  // give_back_place(), its end, or its client's. To be taken once the request's body is there,
  // which may take its time. False: there is none, and the request was declined.
  Task<bool> take_place();
  void give_back_place() { place_.reset(); }

  // Waits, having sent what was written. A client that ends its side meanwhile may have gone, and
  // gives its place back, but is answered all the same; where the connection breaks this fails at
  // once.
  Task<> pause(Duration duration);

  // --- For answers that frame their body themselves: the echo.

  // Composes and writes the head alone. The body must be framed as `framing` says.
  Task<> write_head(const HttpResponseHead& head, wire::BodyFraming framing);

  // Counts what goes out of the body without write().
  void count_body(size_t size) { facts_.response_body_size += size; }

  // The same for an answer that is composed elsewhere.
  void answered_with(int status, size_t body_size) {
    facts_.status = status;
    facts_.response_body_size = body_size;
  }

  // For the observer; `rule` never goes away.
  void refused_because(std::string_view rule) { facts_.refusal = rule; }

  // Whether the body must not be sent: after HEAD, and with statuses that have none.
  bool silent() const { return silent_; }

  // For texts that are composed before they are written.
  std::string& scratch() { return text_; }

 private:
  // A coder at work on the response, and what goes with it.
  struct Coder {
    Coder(wire::ContentCoding coding, MemoryBudget* memory, Timer& clock)
        : encoder(coding), lease(memory), slice(clock) {}
    wire::ContentEncoder encoder;
    MemoryLease lease;
    TimeSlice slice;
    std::array<std::byte, 8192> out;  // room for what it makes
  };

  bool has_credentials() const;
  bool is_stopping() const;
  void start_coder(const HttpResponseHead& response);
  bool keep_part(KeptBody& body, std::span<const std::byte> part);
  Task<> write_framed(std::string_view part);
  Task<> write_coded(std::string_view part);
  Task<> write_coder_output(size_t size);
  Task<> begin_chunk(uint64_t size);
  Task<> watch_client(Time until);
  Task<> drain_encoder(bool finish);

  Stream& peer_;
  Session& session_;
  const HttpSettings& settings_;
  ControlState& state_;
  wire::RequestDecoder decoder_;
  Chunk in_;
  std::span<const std::byte> unread_;
  BufferedWriter output_;
  ResponsePlan plan_;
  wire::ContentCoding coding_ = wire::ContentCoding::kIdentity;  // of the response in progress
  std::unique_ptr<Coder> coder_;                                 // where it has one
  uint64_t part_left_ = 0;  // bytes to come of the part that begin_part() began
  std::string text_;
  HttpExchangeFacts facts_;  // of the request under way
  Time begin_;               // of its answer, where an observer wants to know
  Duration head_duration_ = Duration::zero();
  wire::BodyFraming framing_ = wire::BodyFraming::kNone;  // of the response under way
  bool keep_alive_ = true;
  bool silent_ = false;
  bool body_read_ = false;
  bool peer_ended_ = false;  // nothing more will be received
  std::optional<ControlState::Place> place_;
};

}  // namespace echod
