// Response control: how a client changes its response, with the parameters of fortio's echo server:
//
//   ?status=503:20,404:10.5     each in that percentage of responses; "503" alone: always
//   ?delay=150us:10,2ms:5       delays the response
//   ?size=1024:10,512:5         a generated body of that size, instead of the echo
//   ?close=true, ?close=5.3     closes the connection after the response: always, or in 5.3 %
//   ?gzip=true, ?gzip=42.7      compresses the response, if the client accepts gzip
//   ?header=Name:value          adds a header; may be repeated
//
// and the same as the headers X-Echo-Status, X-Echo-Delay, X-Echo-Size, X-Echo-Close, X-Echo-Gzip
// and X-Echo-Header. The query has precedence.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "http/answer_policy.h"
#include "http/control_syntax.h"
#include "http/response_fields.h"
#include "wire/http/request_head.h"
#include "wire/http/target.h"

namespace echod::http {

struct ControlSettings {
  bool enabled = true;  // false: all of the above is ignored; endpoints still work

  // Random seed: the same requests in the same order get the same responses.
  uint64_t seed = 1;

  // Maximum delay, and maximum time over which a response may be spread. A request for more: 400.
  Duration duration_max = std::chrono::seconds(10);

  // Maximum size of a generated response, in bytes. A request for more: 400.
  uint64_t size_max = uint64_t{16} << 20;

  // Maximum number of concurrent delayed responses, over all connections whose client is still
  // connected; one source may have half of them. Beyond: 503.
  uint32_t waiting_max = 1000;

  // Response headers that clients may set, in addition to those that are always allowed.
  AllowedFields allowed_fields = {};

  // Extra hosts allowed as redirect targets of /redirect-to: "host" or "host:port".
  std::vector<std::string> redirect_hosts = {};
};

// State that all connections share: the number of draws, and the delayed responses.
class ControlState {
 public:
  // The next draw's number; the first is 1.
  uint64_t next_draw() { return draws_.fetch_add(1, std::memory_order_relaxed) + 1; }

  // A permit for one delayed response; its destructor returns it.
  class Permit {
   public:
    Permit(Permit&& other) noexcept
        : state_(std::exchange(other.state_, nullptr)), source_(other.source_) {}
    Permit& operator=(Permit&& other) noexcept {
      std::swap(state_, other.state_);
      std::swap(source_, other.source_);
      return *this;
    }
    ~Permit() {
      if (state_ != nullptr) state_->release(source_);
    }

   private:
    friend class ControlState;
    using Sources = std::map<std::string, uint32_t, std::less<>>;
    Permit(ControlState& state, Sources::iterator source) : state_(&state), source_(source) {}

    ControlState* state_;
    Sources::iterator source_;
  };

  // Nothing if all `permits` are in use, or if `source` has half of them: no source can lock out
  // the others.
  std::optional<Permit> acquire_permit(uint32_t permits, std::string_view source);

 private:
  void release(Permit::Sources::iterator source);

  std::atomic<uint64_t> draws_{0};
  std::mutex mutex_;  // guards the rest
  uint32_t waiting_ = 0;
  Permit::Sources by_source_;  // permits in use by each source that has any
};

// The random choices of one request. The request's number is taken at the first choice, and sent in
// the response.
class Draw {
 public:
  // `state` must outlive it.
  Draw(uint64_t seed, ControlState& state) : seed_(seed), state_(state) {}

  // The next draw, in [0, 1).
  double uniform();

  // Whether a choice was made.
  bool used() const { return number_ > 0; }

  // Adds X-Echo-Seed and X-Echo-Draw; does nothing if no choice was made.
  void add_fields(wire::FieldBuffer& fields) const;

 private:
  uint64_t seed_;
  ControlState& state_;
  uint64_t number_ = 0;
  std::optional<Random> random_;
};

// What the client asked for, or the operator's defaults, with the random choices made.
struct ResponsePlan {
  std::optional<int> status;          // 200 to 599
  Duration delay = {};                // a client's: at most duration_max
  std::optional<uint64_t> size;       // bytes; a client's: at most size_max
  const std::string* body = nullptr;  // the operator's text, instead of the echo; null: none
  bool close = false;
  bool gzip = false;          // the client may still not accept it
  bool by_chance = false;     // a random choice decided
  bool is_asked = false;      // the client asked for the delay, so that it needs a permit
  bool sets_caching = false;  // `fields` has a Cache-Control that replaces the server's
  std::string content_type;   // empty: the default
  wire::FieldBuffer fields;   // as requested, and X-Echo-Seed and X-Echo-Draw if
                              // a choice was made
};

// Whether the request may use response control. Costs nothing for a request that does not.
bool asks_for_control(const wire::RequestHead& request);

// The operator's part in a plan. The default: none.
struct PlanDefaults {
  const AnswerDefaults* defaults = nullptr;  // of the request's path, must outlive the plan
  bool clients_override = true;              // see AnswerPolicy, as for the next
  bool unsafe = false;
  bool ask_client = true;  // false: what the client asks for is ignored
};

// The requested changes, or an error message for the client.
Read<ResponsePlan> plan_response(const wire::RequestHead& request, const ControlSettings& settings,
                                 ControlState& state, const PlanDefaults& operators = {});

// The limits of what clients may ask for.
ValueLimits limits_of(const ControlSettings& settings);

}  // namespace echod::http
