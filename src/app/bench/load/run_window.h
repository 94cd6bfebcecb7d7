// What the threads of a run share: when the measurement begins and ends, and the progress of the
// run. Rarely written, often read.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace echod {

struct RunWindow {
  // When connections are first opened, and when an open loop's first message is due. Threads wait
  // for it; the coordinating thread sets it once all of them are ready.
  std::atomic<Time> start{kNever};
  std::atomic<unsigned> threads_ready{0};

  // A message belongs to the measurement when it was due in [from, until). kNever: not known yet.
  std::atomic<Time> from{kNever};
  std::atomic<Time> until{kNever};

  // The index of the target's address to which a connection was last established, and the number of
  // failed attempts.
  static constexpr size_t kNotReached = SIZE_MAX;
  std::atomic<size_t> reached_endpoint{kNotReached};
  std::atomic<uint64_t> connect_failures{0};

  // Connections whose first attempt has succeeded or failed.
  std::atomic<uint64_t> opened{0};

  bool contains(Time due) const {
    return due >= from.load(std::memory_order_relaxed) &&
           due < until.load(std::memory_order_relaxed);
  }
};

}  // namespace echod
