// A high dynamic range histogram: counts of values over nine orders of magnitude, each kept to
// three significant digits, so that a percentile is within 0.1 % of the true value and two
// histograms add up to exactly what one would have recorded. The buckets are those of HdrHistogram
// (hdrhistogram.org) with lowest value 1, highest kHistogramMax and three digits, so that its tools
// read ours (see app/bench/report/histogram_codec.h).
//
// Values below 2048 have a counter each. From there on every power of two is cut into 1024 buckets
// of equal width, which is at most a 1024th of the values in it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace echod {

// The largest value kept apart: an hour of nanoseconds. A larger one counts as this, and is counted
// in clipped() too.
inline constexpr uint64_t kHistogramMax = 3'600'000'000'000;

class Histogram {
 public:
  Histogram();  // Allocates its counters, 264 KiB.

  // Counts `value`, `times` times. No allocation; about 2 ns.
  void record(uint64_t value, uint64_t times = 1) {
    if (value > kHistogramMax) [[unlikely]] {
      value = kHistogramMax;
      clipped_ += times;
    }
    counters_[index_of(value)] += times;
    count_ += times;
  }

  // Adds all that `other` counted. Exact: the same as if it had been recorded here.
  void add(const Histogram& other);

  void clear();

  uint64_t count() const { return count_; }
  uint64_t clipped() const { return clipped_; }

  // The smallest and largest value recorded, to three digits (min rounds down, max up, as
  // HdrHistogram does); 0 while empty.
  uint64_t min() const;
  uint64_t max() const;

  // From the middles of the buckets; 0 while empty.
  double mean() const;
  double standard_deviation() const;

  // The value that `percentile` (0 to 100) percent of the recorded ones do not exceed, rounded up
  // to its bucket's end; 0 while empty.
  uint64_t value_at(double percentile) const;

  // The `rank`-th smallest of the recorded values (1 to count()), rounded up to its bucket's end; 0
  // while empty.
  uint64_t value_at_rank(uint64_t rank) const;

  // How many of the recorded values are greater than `value`'s bucket.
  uint64_t count_above(uint64_t value) const;

  // Calls `visit(lowest, highest, count)` for each bucket that is not empty, in rising order.
  void for_each(const std::function<void(uint64_t, uint64_t, uint64_t)>& visit) const;

  // The raw counters, by index in HdrHistogram's order; for encoding.
  const std::vector<uint64_t>& counters() const { return counters_; }

  // The counter of a value up to kHistogramMax, and the values a counter stands for.
  static constexpr size_t index_of(uint64_t value) {
    const auto halvings =
        static_cast<unsigned>(std::bit_width(value | (kUnitValues - 1)) - kUnitValuesLog2);
    return (static_cast<size_t>(halvings) << (kUnitValuesLog2 - 1)) + (value >> halvings);
  }
  static constexpr uint64_t lowest_of(size_t index) {
    if (index < kUnitValues) return index;
    const size_t halvings = (index / kHalf - 1) % 64;  // of an index: fewer in any case
    return static_cast<uint64_t>(kHalf + index % kHalf) << halvings;
  }
  static constexpr uint64_t highest_of(size_t index) { return lowest_of(index + 1) - 1; }

  friend bool operator==(const Histogram&, const Histogram&) = default;

 private:
  static constexpr int kUnitValuesLog2 = 11;  // 2048 values, the least that tell 1000 from 1001
  static constexpr uint64_t kUnitValues = uint64_t{1} << kUnitValuesLog2;
  static constexpr size_t kHalf = kUnitValues / 2;

  std::vector<uint64_t> counters_;
  uint64_t count_ = 0;
  uint64_t clipped_ = 0;
};

}  // namespace echod
