// The interface between an endpoint and an exchange: it gives the request, and takes a Response and
// the parts of a body. It applies response control, content coding and the security headers, sends
// error responses, and calls the observer, once for all versions of HTTP.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/control.h"
#include "http/exchange.h"
#include "http/settings.h"
#include "stream/session.h"
#include "wire/coding/content_encoder.h"
#include "wire/http/content_coding.h"

namespace echod::http {

// How reading a request's body ended.
enum class BodyEnd : uint8_t {
  kComplete,
  kMalformed,  // malformed or over a limit
  kCut,        // the client disconnected
};

// Prevents a browser from running anything in a response, whatever a client made the server send.
inline constexpr std::string_view kSandboxPolicy = "sandbox; default-src 'none'";

// A response as an endpoint describes it.
struct Response {
  int status = 200;                    // unless the client asks for another
  std::string_view content_type = {};  // empty: no Content-Type
  std::optional<uint64_t> size = {};   // of the body, in bytes; none: not known yet
  FieldList fields = {};               // additional headers
  std::string_view policy = kSandboxPolicy;

  // A text that describes the request. It is compressed according to the client's Accept-Encoding,
  // unless it is small, or the request has a credential, which the size would leak (BREACH).
  bool document = false;

  // The response depends only on the request's method and target, so a cache may store it. Anything
  // else is marked no-store: one client's echo must not become another's response.
  bool cacheable = false;
};

class Responder {
 public:
  // All arguments must outlive it.
  Responder(Exchange& exchange, Session& session, const Settings& settings, ControlState& state)
      : exchange_(exchange), session_(session), settings_(settings), state_(state) {}

  // Call this for each request when its head is complete or was rejected.
  void begin_request(bool understood);

  // Call this at the end of each request, however it ended: calls the observer.
  void end_request();

  const Request& request() const { return exchange_.request(); }
  Duration head_duration() const { return exchange_.head_duration(); }
  Exchange& exchange() { return exchange_; }
  Session& session() { return session_; }
  const Settings& settings() const { return settings_; }
  ControlState& control_state() { return state_; }

  // The client's response control; the default until it is set.
  const ResponsePlan& plan() const { return plan_; }
  void set_plan(ResponsePlan plan);

  // The body is sent uncompressed, whatever the client asked for.
  void do_not_compress() { coding_ = wire::ContentCoding::kIdentity; }

  // --- The request's body.

  // As in Exchange; buffered output of the content coding is sent before waiting.
  BodyPart poll_body();
  Task<> wait_for_body();
  FieldList trailers() const { return exchange_.trailers(); }

  // Waits for the next part; never kPending.
  Task<BodyPart> next_body_part();

  // Reads and discards the body.
  Task<BodyEnd> drop_body();

  // Reads the body and appends it to `body`. A body larger than `size_max` bytes, or one for which
  // the server's memory budget has no room, is discarded as a whole.
  struct KeptBody {
    enum class State : uint8_t { kWhole, kTooLarge, kNoMemory };

    explicit KeptBody(const Settings& settings) : lease(settings.memory) {}
    State state = State::kWhole;
    std::string bytes;
    MemoryLease lease;
  };
  static constexpr size_t kFreeBodySize = 16 * 1024;  // bytes that are not counted in the budget
  Task<BodyEnd> keep_body(KeptBody& body, size_t size_max);

  // --- The response: begin(), any number of write(), end().

  Task<> begin(const Response& response);
  bool begun() const { return begun_; }

  // As in Exchange, but parts may be compressed, and are discarded if the response has no content.
  Task<> begin_chunk(uint64_t size);
  Task<> write(std::string_view part);
  Task<> write(BodyPart part);
  Task<> flush();
  Task<> end(FieldList trailers = {});

  // Sends a whole response: begin(), write(), end().
  Task<> answer(Response response, std::string_view body);

  // Sends an error response: `status`, and `text` as a line for people, regardless of response
  // control. Closes the connection if the request's body has not been read.
  Task<BodyEnd> decline(int status, std::string_view text, FieldList fields = {});

  // Sends a 503: the server's memory budget (Settings::memory) has no room for the request.
  Task<BodyEnd> decline_for_memory();

  // Sends the error response to a malformed request and closes the connection: what follows cannot
  // be trusted to be a request.
  Task<> refuse(Refusal refusal);

  // Leaves the response incomplete.
  void cut();

  // Whether the response has no content: to HEAD, and with statuses that have none.
  bool silent() const { return silent_; }

  // For a response that is composed elsewhere: the status for the observer.
  void answered_with(int status) { facts_.status = status; }

  // --- Waiting.

  // Acquires a permit for a delayed response (ControlState), held until release_permit(), the end
  // of the request, or the client's disconnection. Acquire it after the body was read, which may
  // take long. False: there is none, and an error response was sent.
  Task<bool> acquire_permit();
  void release_permit() { permit_.reset(); }

  // Sends what was written, then waits. If the client ends its side meanwhile, it may have
  // disconnected: its permit is released, but it still gets the response. Fails at once if the
  // connection breaks.
  Task<> pause(Duration duration);

 private:
  // The content coding of the response in progress, with its buffer and memory lease.
  struct Coder {
    Coder(wire::ContentCoding coding, MemoryBudget* memory, Timer& clock)
        : encoder(coding), lease(memory), slice(clock) {}
    wire::ContentEncoder encoder;
    MemoryLease lease;
    TimeSlice slice;
    std::array<std::byte, 8192> out;  // output buffer
  };

  bool has_credentials() const;
  bool compresses() const { return coding_ != wire::ContentCoding::kIdentity; }
  void choose_coding(const Response& response);
  void start_coder();
  bool keep_part(KeptBody& body, const BodyPart& part);
  void compose_fields(const Response& response, int status);
  Task<> begin_with(const Response& response, std::optional<uint64_t> size);
  Task<> write_unusual(BodyPart part);
  Task<> write_coded(std::string_view part);
  Task<> write_coder_output(size_t size);
  Task<> drain_encoder(bool finish);
  Task<> end_coded(FieldList trailers);

  Exchange& exchange_;
  Session& session_;
  const Settings& settings_;
  ControlState& state_;
  ResponsePlan plan_;
  bool has_plan_ = false;                                        // it was set for this request
  wire::ContentCoding coding_ = wire::ContentCoding::kIdentity;  // of the response in progress
  std::unique_ptr<Coder> coder_;                                 // if it has one
  FieldBuffer fields_;                                           // of the response in progress
  ExchangeFacts facts_;
  Time begin_;  // of the response, if there is an observer
  bool begun_ = false;
  bool silent_ = false;
  bool closing_ = false;  // close the connection after this response
  std::string_view upgrade_;
  std::optional<ControlState::Permit> permit_;
};

}  // namespace echod::http
