// What an endpoint answers through: the request, and a response given as a Response and parts of a
// body. Response control, content coding, the fields that make every response safe, refusals and
// the observer are its business, once for every version of HTTP.
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

// How the reading of a request's body ended.
enum class BodyEnd : uint8_t {
  kComplete,
  kMalformed,  // it is malformed or over a limit
  kCut,        // the client is gone
};

// Lets a browser run nothing of a response, whatever a client made the server say.
inline constexpr std::string_view kSandboxPolicy = "sandbox; default-src 'none'";

// A response as endpoints give it.
struct Response {
  int status = 200;                    // where the client does not ask for another
  std::string_view content_type = {};  // empty: no such field
  std::optional<uint64_t> size = {};   // of the body, in bytes; none: it is not known yet
  FieldList fields = {};               // further fields
  std::string_view policy = kSandboxPolicy;

  // A text about the request: it is compressed as the client's Accept-Encoding wants, unless it is
  // small, or the request has a credential, which the size would tell of (BREACH).
  bool document = false;

  // It depends on nothing but the request's method and target, so a cache may keep it. Anything
  // else is marked no-store: one client's echo must not become the response to another.
  bool cacheable = false;
};

class Responder {
 public:
  // Everything given must outlive it.
  Responder(Exchange& exchange, Session& session, const Settings& settings, ControlState& state)
      : exchange_(exchange), session_(session), settings_(settings), state_(state) {}

  // Called for each request when its head is complete, or turns out to be malformed.
  void begin_request(bool understood);

  // Called at its end, however that came: tells the observer.
  void end_request();

  const Request& request() const { return exchange_.request(); }
  Duration head_duration() const { return exchange_.head_duration(); }
  Exchange& exchange() { return exchange_; }
  Session& session() { return session_; }
  const Settings& settings() const { return settings_; }
  ControlState& control_state() { return state_; }

  // What the client asked its response to be; the default until it is set.
  const ResponsePlan& plan() const { return plan_; }
  void set_plan(ResponsePlan plan);

  // The body is sent as it is, whatever the client asked for.
  void do_not_compress() { coding_ = wire::ContentCoding::kIdentity; }

  // --- The request's body.

  // As Exchange's; what a coder holds is sent before waiting.
  BodyPart poll_body();
  Task<> wait_for_body();
  FieldList trailers() const { return exchange_.trailers(); }

  // The next part, of which kPending is none.
  Task<BodyPart> next_body_part();

  // Reads the body and drops it.
  Task<BodyEnd> drop_body();

  // Reads the body and appends it to `body`, up to `size_max` bytes of it. A larger one, and one
  // for which the server's memory budget has no room, is dropped as a whole.
  struct KeptBody {
    enum class State : uint8_t { kWhole, kTooLarge, kNoMemory };

    explicit KeptBody(const Settings& settings) : lease(settings.memory) {}
    State state = State::kWhole;
    std::string bytes;
    MemoryLease lease;
  };
  static constexpr size_t kFreeBodySize = 16 * 1024;  // bytes that are kept without the budget
  Task<BodyEnd> keep_body(KeptBody& body, size_t size_max);

  // --- The response: begin(), any number of write(), end().

  Task<> begin(const Response& response);
  bool begun() const { return begun_; }

  // As Exchange's, but each part may be compressed, and is dropped where the response has no
  // content.
  Task<> begin_chunk(uint64_t size);
  Task<> write(std::string_view part);
  Task<> write(BodyPart part);
  Task<> flush();
  Task<> end(FieldList trailers = {});

  // All of it: begin(), write(), end().
  Task<> answer(Response response, std::string_view body);

  // Answers with `status`, and `text` as a line of text for people, whatever the client asked for.
  // The connection ends where the request's body has not been read.
  Task<BodyEnd> decline(int status, std::string_view text, FieldList fields = {});

  // Declines with 503: the server's memory budget (Settings::memory) has no room for the request.
  Task<BodyEnd> decline_for_memory();

  // Answers a request that was not understood, and ends the connection: nothing that follows can be
  // trusted to be a request.
  Task<> refuse(Refusal refusal);

  // The response stays incomplete.
  void cut();

  // Whether the response has no content: after HEAD, and with statuses that have none.
  bool silent() const { return silent_; }

  // For a response that is composed elsewhere: what the observer is to be told.
  void answered_with(int status) { facts_.status = status; }

  // --- Waiting.

  // Acquires a permit for a delayed response (ControlState), which is held until release_permit(),
  // the request's end, or the client's. To be acquired once the request's body is there, which may
  // take its time. False: there is none, and the request was declined.
  Task<bool> acquire_permit();
  void release_permit() { permit_.reset(); }

  // Waits, having sent what was written. A client that ends its side meanwhile may have gone, so
  // its permit is released, but it is answered all the same; where the connection breaks this fails
  // at once.
  Task<> pause(Duration duration);

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
  wire::ContentCoding coding_ = wire::ContentCoding::kIdentity;  // of the response in progress
  std::unique_ptr<Coder> coder_;                                 // where it has one
  FieldBuffer fields_;                                           // of the response in progress
  ExchangeFacts facts_;
  Time begin_;  // of the response, where an observer wants to know
  bool begun_ = false;
  bool silent_ = false;
  bool closing_ = false;  // the connection ends with this response
  std::string_view upgrade_;
  std::optional<ControlState::Permit> permit_;
};

}  // namespace echod::http
