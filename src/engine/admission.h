// The connection limits: in total, where the next connection waits, and per source, where the next
// is refused, because waiting would let that source block all others. One Admission for all loops;
// thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <mutex>
#include <utility>

#include "net/endpoint.h"

namespace echod {

class Admission {
 public:
  struct Limits {
    size_t connections_max = 0;             // 0: no limit
    size_t connections_per_source_max = 0;  // 0: no limit
  };

  // A connection's slot; the destructor returns it.
  class Ticket {
   public:
    Ticket(Ticket&& other) noexcept
        : admission_(std::exchange(other.admission_, nullptr)),
          peer_(other.peer_),
          counted_(other.counted_) {}
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket() {
      if (admission_ != nullptr) admission_->leave(*this);
    }

    // The connection's peer.
    const Endpoint& peer() const { return peer_; }

   private:
    friend class Admission;
    Ticket(Admission* admission, const Endpoint& peer, bool counted)
        : admission_(admission), peer_(peer), counted_(counted) {}

    Admission* admission_;
    Endpoint peer_;
    bool counted_;  // for its source: there was a limit when it was admitted
  };

  enum class Refusal : uint8_t { kFull, kSourceFull };

  explicit Admission(const Limits& limits) { set_limits(limits); }
  ~Admission();  // Checks that every slot was returned.

  // A slot for a connection from `peer`, if one is allowed. Throws std::bad_alloc, and takes no
  // slot, if there is no memory for the per-source count.
  std::expected<Ticket, Refusal> try_enter(const Endpoint& peer);

  // From any thread, while connections come and go. Nobody loses a slot: above a lowered limit,
  // newcomers wait or are refused until enough have left. Connections that were admitted while
  // there was no per-source limit are not counted for their source.
  void set_limits(const Limits& limits);

  // From any thread. The limit in total.
  size_t connections_max() const { return connections_max_.load(std::memory_order_relaxed); }

  // Slots taken now.
  size_t connections() const { return connections_.load(std::memory_order_relaxed); }

 private:
  void leave(const Ticket& ticket);

  // Returns whether the source has room; `counted`: whether the connection was counted.
  bool enter_source(const Endpoint& peer, bool& counted);

  std::atomic<size_t> connections_max_ = 0;
  std::atomic<size_t> connections_per_source_max_ = 0;
  std::atomic<size_t> connections_ = 0;
  std::mutex mutex_;
  std::map<Endpoint, size_t> by_source_;  // counted connections; no larger than connections_
};

}  // namespace echod
