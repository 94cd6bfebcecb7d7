// Counters that one thread writes and any thread may read: what is counted per thread on the data
// path, and summed up only when somebody asks. A write is a load and a store, without a locked
// instruction and without a cache line that threads contend for.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace echod {

// A number that one thread writes and any thread may read.
class Cell {
 public:
  void add(uint64_t count) { set(value() + count); }
  void subtract(uint64_t count) { set(value() - count); }
  void set(uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// A histogram of durations with fixed buckets. `kBounds` are their inclusive upper bounds in
// nanoseconds, rising; a further bucket takes what is longer. Small values are found first.
template <std::array kBounds>
class DurationCells {
 public:
  static constexpr auto kUpperBounds = kBounds;
  static constexpr size_t kBuckets = kBounds.size() + 1;

  // A negative duration counts as zero.
  void record(Duration duration) {
    const int64_t length = duration.count() > 0 ? duration.count() : 0;
    size_t bucket = 0;
    while (bucket < kBounds.size() && length > kBounds[bucket]) ++bucket;
    counts_[bucket].add(1);
    sum_.add(static_cast<uint64_t>(length));
  }

  // How many durations fell into bucket `index`, and not into one below.
  uint64_t count(size_t index) const { return counts_[index].value(); }

  // The sum of all durations, in nanoseconds.
  uint64_t sum() const { return sum_.value(); }

 private:
  std::array<Cell, kBuckets> counts_;
  Cell sum_;
};

}  // namespace echod
