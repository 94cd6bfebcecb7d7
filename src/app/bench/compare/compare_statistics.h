// How much a measure changed between two sets of runs, and how sure that is.
//
// Latencies within one run are not independent: a stall hits many at once. So the unit whose
// variation is looked at is as large as the reports allow:
//
// - Runs, with at least kRunsMin on each side: Welch's t interval of the difference between the
//   means of the logarithms, which is the interval of the ratio of the geometric means. This alone
//   sees what differs from run to run.
// - Intervals, with at least kBlocksMin in each side's time series that kept their histograms: a
//   bootstrap that draws blocks of successive intervals.
// - Messages: a bootstrap that draws them one by one, which takes them for independent and says
//   only how finely the runs sampled themselves. Rates are drawn from the time series, if it has
//   kBlocksMin intervals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/bench/bench_result.h"

namespace echod {

inline constexpr size_t kRunsMin = 3;
inline constexpr size_t kBlocksMin = 10;
inline constexpr size_t kBlocksMax = 60;  // of successive intervals, for each side
inline constexpr int kBootstrapDraws = 2000;
inline constexpr double kBeyondMin = 10;  // messages beyond a percentile for it to mean much

enum class ResampledUnit : uint8_t { kRuns, kIntervals, kMessages };

struct Interval {
  double low = 0;
  double high = 0;

  friend bool operator==(const Interval&, const Interval&) = default;
};

struct Change {
  enum class Measure : uint8_t { kRate, kPercentile, kMax, kMean, kTesterCpu };

  Measure measure = Measure::kRate;
  double percentile = 0;  // of kPercentile
  // Messages per second, or nanoseconds (of latency; of the tester's processor time a message).
  double base = 0;
  double now = 0;
  std::optional<Interval> ratio;  // of now / base
  std::string no_interval;        // why there is none

  bool more_is_better() const { return measure == Measure::kRate; }
  // As far as it is known: now / base, or 1 where there is no base.
  double factor() const { return base > 0 ? now / base : 1; }
};

// What both sides can be compared by.
ResampledUnit unit_for(const std::vector<BenchResult>& base, const std::vector<BenchResult>& now);

// rate, p50, p90, p99, p99.9, max, mean, the tester's processor time. Both sides have at least one
// run. The same arguments give the same figures.
std::vector<Change> changes_between(const std::vector<BenchResult>& base,
                                    const std::vector<BenchResult>& now, double confidence,
                                    uint64_t seed);

// How probable it is that at least `now` of all errors fall on the second side by chance alone, if
// errors are equally frequent on both, which had so many messages.
double chance_of_errors(uint64_t base_errors, uint64_t now_errors, double base_messages,
                        double now_messages);

// The two-sided quantile of Student's t distribution: `confidence` of it lies within plus and minus
// this.
double student_quantile(double confidence, double degrees_of_freedom);

}  // namespace echod
