// The connection limits: in total, where the next connection waits, and per source, where the next
// is refused, because waiting would let that source block all others. One Admission for all loops;
// thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
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
        : admission_(std::exchange(other.admission_, nullptr)), peer_(other.peer_) {}
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket() {
      if (admission_ != nullptr) admission_->leave(peer_);
    }

    // The connection's peer.
    const Endpoint& peer() const { return peer_; }

   private:
    friend class Admission;
    Ticket(Admission* admission, const Endpoint& peer) : admission_(admission), peer_(peer) {}

    Admission* admission_;
    Endpoint peer_;
  };

  enum class Decision : uint8_t { kAdmitted, kFull, kSourceFull };

  explicit Admission(const Limits& limits) : limits_(limits) {}
  ~Admission();  // Checks that every slot was returned.

  // Whether a connection from `peer` is allowed; kAdmitted takes a slot. Throws std::bad_alloc, and
  // takes no slot, if there is no memory for the per-source count.
  Decision try_enter(const Endpoint& peer);

  // The ticket for a slot just taken.
  Ticket ticket(const Endpoint& peer) { return Ticket(this, peer); }

  // Slots taken now.
  size_t connections() const { return connections_.load(std::memory_order_relaxed); }

 private:
  void leave(const Endpoint& peer);
  bool enter_source(const Endpoint& peer);

  Limits limits_;
  std::atomic<size_t> connections_ = 0;
  std::mutex mutex_;
  std::map<Endpoint, size_t> by_source_;  // only while limited; no larger than connections_
};

}  // namespace echod
