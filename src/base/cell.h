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

// A value that one thread writes and any thread may read: a count, or a small enumeration. A second
// writer would lose counts, since adding is a load and a store.
template <typename T>
class BasicCell {
 public:
  BasicCell() = default;
  BasicCell(T value) : value_(value) {}  // NOLINT: implicit, like the value itself
  BasicCell& operator=(T value) {
    value_.store(value, std::memory_order_relaxed);
    return *this;
  }

  T value() const { return value_.load(std::memory_order_relaxed); }
  operator T() const { return value(); }  // NOLINT: implicit

  void add(T more) { *this = static_cast<T>(value() + more); }
  void subtract(T less) { *this = static_cast<T>(value() - less); }

 private:
  std::atomic<T> value_{};
};

using Cell = BasicCell<uint64_t>;

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
