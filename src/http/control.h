// What a client asks its answer to be, in the words of fortio's echo server:
//
//   ?status=503:20,404:10.5     each with so many percent, else the usual; "503" alone always
//   ?delay=150us:10,2ms:5       the wait before the answer
//   ?size=1024:10,512:5         an answer of so many bytes, instead of the body or the reflection
//   ?close=true, ?close=5.3     ends the connection after the answer: always, or so many percent
//   ?gzip=true, ?gzip=42.7      compresses it, for a client that takes gzip
//   ?header=Name:value          a field more; may be repeated
//
// and the same as the fields X-Echo-Status, X-Echo-Delay, X-Echo-Size, X-Echo-Close, X-Echo-Gzip
// and X-Echo-Header. Where both are there the query counts.
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
#include "http/response_fields.h"
#include "wire/http/request_head.h"
#include "wire/http/target.h"

namespace echod::http {

struct ControlSettings {
  bool enabled = true;  // else nothing above is read; paths with a meaning keep it

  // Chance is drawn from it: the same requests in the same order get the same answers.
  uint64_t seed = 1;

  // The longest delay, and the longest time an answer may be spread over. A request for more: 400.
  Duration duration_max = std::chrono::seconds(10);

  // The largest answer made of nothing, in bytes. A request for more: 400.
  uint64_t size_max = uint64_t{16} << 20;

  // Delayed responses at once, over all connections whose client is still there; one source may
  // have half of them. One more: 503.
  uint32_t waiting_max = 1000;

  // Fields that clients may set besides those that anybody's may.
  AllowedFields allowed_fields;

  // Whom /redirect-to may name besides this server itself: "host" or "host:port".
  std::vector<std::string> redirect_hosts;
};

// What all connections share: the draws made so far, and the answers that wait.
class ControlState {
 public:
  // The next draw's number; the first is 1.
  uint64_t next_draw() { return draws_.fetch_add(1, std::memory_order_relaxed) + 1; }

  // A permit for one of the delayed responses, given back when it is gone.
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

  // Nothing where all `permits` are in use, or `source` has its share: half of them, so that no
  // source can lock out the others.
  std::optional<Permit> acquire_permit(uint32_t permits, std::string_view source);

 private:
  void release(Permit::Sources::iterator source);

  std::atomic<uint64_t> draws_{0};
  std::mutex mutex_;  // guards the rest
  uint32_t waiting_ = 0;
  Permit::Sources by_source_;  // permits in use, of those who have any
};

// Chance for one request. Its number is taken when chance is first asked, and said in the answer.
class Draw {
 public:
  // `state` must outlive it.
  Draw(uint64_t seed, ControlState& state) : seed_(seed), state_(state) {}

  // The next draw, in [0, 1).
  double uniform();

  // Whether chance was asked.
  bool used() const { return number_ > 0; }

  // Adds X-Echo-Seed and X-Echo-Draw; nothing where chance was not asked.
  void add_fields(wire::FieldBuffer& fields) const;

 private:
  uint64_t seed_;
  ControlState& state_;
  uint64_t number_ = 0;
  std::optional<Random> random_;
};

// What was asked for, after chance has had its say.
struct ResponsePlan {
  std::optional<int> status;     // 200 to 599
  Duration delay = {};           // at most duration_max
  std::optional<uint64_t> size;  // bytes, at most size_max
  bool close = false;
  bool gzip = false;         // whether the client takes it is to be seen
  bool by_chance = false;    // chance had a say
  std::string content_type;  // empty: the usual
  wire::FieldBuffer fields;  // what the client asked for, and X-Echo-Seed and X-Echo-Draw where
                             // chance was asked
};

// Whether the request may ask for anything; without cost where it does not.
bool asks_for_control(const wire::RequestHead& request);

// What it asks for, or what is wrong with that, as a sentence.
std::expected<ResponsePlan, std::string> plan_response(const wire::RequestHead& request,
                                                       const ControlSettings& settings,
                                                       ControlState& state);

// A delay or a duration up to `settings.duration_max`, a size in bytes up to `settings.size_max`, a
// status from 200 to 599; or what is wrong with it. `name` is whose value it is.
std::expected<Duration, std::string> read_duration(std::string_view name, std::string_view text,
                                                   const ControlSettings& settings);
std::expected<uint64_t, std::string> read_size(std::string_view name, std::string_view text,
                                               const ControlSettings& settings);
std::expected<int, std::string> read_status(std::string_view name, std::string_view text);

}  // namespace echod::http
