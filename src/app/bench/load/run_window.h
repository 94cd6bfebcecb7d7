// What the threads of a run share: when the measurement begins and ends, and how far the run has
// come. Written seldom, read often.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace echod {

struct RunWindow {
  // When connections are first opened, and when an open loop's first message is due: once every
  // thread is ready to. A thread waits for it; whoever made the threads sets it.
  std::atomic<Time> start{kNever};
  std::atomic<unsigned> threads_ready{0};

  // A message belongs to the measurement when it was meant to be sent in [from, until). kNever: not
  // known yet.
  std::atomic<Time> from{kNever};
  std::atomic<Time> until{kNever};

  // Which of the target's addresses a connection was established to last, and how many attempts
  // have failed.
  static constexpr size_t kNotReached = SIZE_MAX;
  std::atomic<size_t> reached_endpoint{kNotReached};
  std::atomic<uint64_t> connect_failures{0};

  // Connections whose first attempt has ended, one way or the other.
  std::atomic<uint64_t> opened{0};

  bool contains(Time due) const {
    return due >= from.load(std::memory_order_relaxed) &&
           due < until.load(std::memory_order_relaxed);
  }
};

}  // namespace echod
