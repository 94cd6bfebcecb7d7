#include "base/histogram.h"

#include <algorithm>
#include <cmath>

namespace echod {
namespace {

// HdrHistogram allocates whole powers of two: up to 2^42 - 1, the first beyond an hour.
constexpr size_t kCounters = Histogram::index_of((uint64_t{1} << 42) - 1) + 1;
static_assert(kCounters == 33 * 1024);
static_assert(kHistogramMax < uint64_t{1} << 42 && kHistogramMax >= uint64_t{1} << 41);

double middle_of(size_t index) {
  return (static_cast<double>(Histogram::lowest_of(index)) +
          static_cast<double>(Histogram::highest_of(index))) /
         2;
}

}  // namespace

Histogram::Histogram() : counters_(kCounters) {}

void Histogram::add(const Histogram& other) {
  for (size_t i = 0; i < kCounters; ++i) counters_[i] += other.counters_[i];
  count_ += other.count_;
  clipped_ += other.clipped_;
}

void Histogram::clear() {
  std::ranges::fill(counters_, 0);
  count_ = 0;
  clipped_ = 0;
}

uint64_t Histogram::min() const {
  for (size_t i = 0; i < kCounters; ++i) {
    if (counters_[i] != 0) return lowest_of(i);
  }
  return 0;
}

uint64_t Histogram::max() const { return value_at_rank(count_); }

double Histogram::mean() const {
  if (count_ == 0) return 0;
  double sum = 0;
  for (size_t i = 0; i < kCounters; ++i) {
    if (counters_[i] != 0) sum += static_cast<double>(counters_[i]) * middle_of(i);
  }
  return sum / static_cast<double>(count_);
}

double Histogram::standard_deviation() const {
  if (count_ == 0) return 0;
  const double centre = mean();
  double squares = 0;
  for (size_t i = 0; i < kCounters; ++i) {
    if (counters_[i] == 0) continue;
    const double distance = middle_of(i) - centre;
    squares += static_cast<double>(counters_[i]) * distance * distance;
  }
  return std::sqrt(squares / static_cast<double>(count_));
}

uint64_t Histogram::value_at(double percentile) const {
  // 99.9 % of 1000 must be rank 999, although 99.9 is a little more than that in binary.
  constexpr double kRounding = 1e-15;
  const double share = std::isnan(percentile) ? 0 : std::clamp(percentile, 0.0, 100.0) / 100;
  const double rank = std::ceil(share * static_cast<double>(count_) * (1 - kRounding));
  // Up to 2^53 counts are exact in a double; beyond, the conversion could round above the count.
  return value_at_rank(rank >= static_cast<double>(count_) ? count_ : static_cast<uint64_t>(rank));
}

uint64_t Histogram::value_at_rank(uint64_t rank) const {
  if (count_ == 0) return 0;
  const uint64_t wanted = std::clamp<uint64_t>(rank, 1, count_);
  uint64_t seen = 0;
  for (size_t i = 0; i < kCounters; ++i) {
    seen += counters_[i];
    if (seen >= wanted) return highest_of(i);
  }
  return 0;
}

uint64_t Histogram::count_above(uint64_t value) const {
  uint64_t above = 0;
  for (size_t i = index_of(std::min(value, kHistogramMax)) + 1; i < kCounters; ++i) {
    above += counters_[i];
  }
  return above;
}

void Histogram::for_each(const std::function<void(uint64_t, uint64_t, uint64_t)>& visit) const {
  for (size_t i = 0; i < kCounters; ++i) {
    if (counters_[i] != 0) visit(lowest_of(i), highest_of(i), counters_[i]);
  }
}

}  // namespace echod
