#include "app/bench/compare/compare_statistics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <random>
#include <span>
#include <utility>

#include "app/bench/report/histogram_codec.h"

namespace echod {
namespace {

using Measure = Change::Measure;
using Runs = std::vector<BenchResult>;

constexpr double kPercentiles[] = {50, 90, 99, 99.9};
constexpr double kWholeInterval = 0.9;  // of the longest: shorter ones, as the last, are left out

// Uniform and normal numbers that are the same with every standard library.
class Random {
 public:
  explicit Random(uint64_t seed) : bits_(seed) {}
  size_t below(size_t limit) { return static_cast<size_t>(uniform() * static_cast<double>(limit)); }
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  double uniform() { return static_cast<double>(bits_() >> 11) * 0x1p-53; }

  std::mt19937_64 bits_;
};

double value_of(const Change& change, const BenchResult& run) {
  switch (change.measure) {
    case Measure::kRate:
      return run.rate();
    case Measure::kPercentile:
      return static_cast<double>(run.latency.value_at(change.percentile));
    case Measure::kMax:
      return static_cast<double>(run.latency.max());
    case Measure::kMean:
      return run.latency.mean();
    case Measure::kTesterCpu:
      return run.messages > 0 ? run.tester_cpu_s * 1e9 / static_cast<double>(run.messages) : 0;
  }
  return 0;
}

// All runs of a side as one, one after the other.
BenchResult pooled(const Runs& runs) {
  BenchResult sum;
  for (const BenchResult& run : runs) {
    sum.messages += run.messages;
    sum.elapsed_s += run.elapsed_s;
    sum.tester_cpu_s += run.tester_cpu_s;
    sum.latency.add(run.latency);
  }
  return sum;
}

// --- Runs ---------------------------------------------------------------------------------------

struct Moments {
  double mean = 0;
  double variance_of_mean = 0;
  double degrees = 0;
};

// Of the logarithms; nothing where a value has none.
std::optional<Moments> log_moments(const Change& change, const Runs& runs) {
  Moments moments;
  std::vector<double> logs;
  for (const BenchResult& run : runs) {
    const double value = value_of(change, run);
    if (!(value > 0)) return std::nullopt;
    logs.push_back(std::log(value));
    moments.mean += logs.back();
  }
  const auto count = static_cast<double>(logs.size());
  moments.mean /= count;
  moments.degrees = count - 1;
  for (const double log : logs) {
    moments.variance_of_mean += (log - moments.mean) * (log - moments.mean);
  }
  moments.variance_of_mean /= count * moments.degrees;
  return moments;
}

void compare_runs(Change& change, const Runs& base_runs, const Runs& now_runs, double confidence) {
  const std::optional<Moments> base = log_moments(change, base_runs);
  const std::optional<Moments> now = log_moments(change, now_runs);
  if (!base || !now) {
    change.no_interval = "nothing was measured in some run";
    return;
  }
  change.base = std::exp(base->mean);
  change.now = std::exp(now->mean);
  const double variance = base->variance_of_mean + now->variance_of_mean;
  double margin = 0;
  if (variance > 0) {
    // Welch and Satterthwaite: each side with a variance of its own.
    const auto share = [&](const Moments& side) {
      return side.variance_of_mean * side.variance_of_mean / side.degrees;
    };
    const double degrees = variance * variance / (share(*base) + share(*now));
    margin = student_quantile(confidence, degrees) * std::sqrt(variance);
  }
  const double difference = now->mean - base->mean;
  change.ratio = {std::exp(difference - margin), std::exp(difference + margin)};
}

// --- Intervals ----------------------------------------------------------------------------------

// The intervals that count: whole ones.
std::vector<const BenchInterval*> whole_intervals(const Runs& runs) {
  std::vector<const BenchInterval*> whole;
  for (const BenchResult& run : runs) {
    double longest_s = 0;
    for (const BenchInterval& interval : run.intervals) {
      longest_s = std::max(longest_s, interval.length_s);
    }
    for (const BenchInterval& interval : run.intervals) {
      if (interval.length_s > kWholeInterval * longest_s) whole.push_back(&interval);
    }
  }
  return whole;
}

bool all_have_histograms(const std::vector<const BenchInterval*>& intervals) {
  return std::ranges::all_of(intervals, [](const BenchInterval* interval) {
    return !interval->latency.empty() || interval->messages == 0;
  });
}

// A side's time series in blocks of successive intervals, each with its rate and the counters of
// its latencies. The counters of all blocks stand in one matrix with a column for each bucket that
// any of them uses, so that adding up blocks is quick.
class Blocks {
 public:
  Blocks(const Runs& runs, bool with_latency) {
    const std::vector<const BenchInterval*> intervals = whole_intervals(runs);
    const size_t count = std::min(intervals.size(), kBlocksMax);
    std::vector<Histogram> histograms(with_latency ? count : 0);
    messages_.resize(count);
    seconds_.resize(count);
    for (size_t i = 0; i < intervals.size(); ++i) {
      const size_t block = i * count / intervals.size();
      messages_[block] += static_cast<double>(intervals[i]->messages);
      seconds_[block] += intervals[i]->length_s;
      if (!with_latency) continue;
      if (const auto one = decode_histogram(intervals[i]->latency)) histograms[block].add(*one);
    }
    if (with_latency) lay_out(histograms);
  }

  size_t size() const { return messages_.size(); }

  struct Draw {
    double rate = 0;
    double mean = 0;
    std::vector<double> percentiles;
  };

  // As many blocks as there are, with replacement.
  Draw draw(Random& random) const {
    std::vector<double> sums(buckets_.size());
    double messages = 0;
    double seconds = 0;
    for (size_t i = 0; i < size(); ++i) {
      const size_t block = random.below(size());
      messages += messages_[block];
      seconds += seconds_[block];
      const double* row = counts_.data() + block * buckets_.size();
      for (size_t k = 0; k < sums.size(); ++k) sums[k] += row[k];
    }
    Draw draw{.rate = seconds > 0 ? messages / seconds : 0, .mean = 0, .percentiles = {}};
    if (!buckets_.empty()) read_off(sums, draw);
    return draw;
  }

 private:
  void lay_out(const std::vector<Histogram>& histograms) {
    Histogram all;
    for (const Histogram& histogram : histograms) all.add(histogram);
    all.for_each([this](uint64_t lowest, uint64_t, uint64_t) {
      buckets_.push_back(Histogram::index_of(lowest));
    });
    for (const Histogram& histogram : histograms) {
      for (const size_t bucket : buckets_) {
        counts_.push_back(static_cast<double>(histogram.counters()[bucket]));
      }
    }
  }

  void read_off(const std::vector<double>& sums, Draw& draw) const {
    double count = 0;
    double total = 0;
    for (size_t k = 0; k < sums.size(); ++k) {
      count += sums[k];
      total += sums[k] *
               (static_cast<double>(Histogram::lowest_of(buckets_[k])) +
                static_cast<double>(Histogram::highest_of(buckets_[k]))) /
               2;
    }
    draw.mean = count > 0 ? total / count : 0;
    size_t k = 0;
    double seen = sums[0];
    for (const double percentile : kPercentiles) {
      while (seen < count * percentile / 100 && k + 1 < sums.size()) seen += sums[++k];
      draw.percentiles.push_back(static_cast<double>(Histogram::highest_of(buckets_[k])));
    }
  }

  std::vector<double> messages_;
  std::vector<double> seconds_;
  std::vector<size_t> buckets_;
  std::vector<double> counts_;
};

// --- Bootstrap ----------------------------------------------------------------------------------

// Where the middle `confidence` of the ratios lies.
std::optional<Interval> middle_of(std::vector<double> ratios, double confidence) {
  std::erase_if(ratios, [](double ratio) { return !std::isfinite(ratio); });
  if (ratios.empty()) return std::nullopt;
  std::ranges::sort(ratios);
  const double tail = (1 - confidence) / 2 * static_cast<double>(ratios.size() - 1);
  const auto low = static_cast<size_t>(tail);
  return Interval{ratios[low], ratios[ratios.size() - 1 - low]};
}

using Draw = std::function<double(Random&)>;

std::optional<Interval> bootstrap(const Draw& base, const Draw& now, double confidence,
                                  uint64_t seed) {
  Random random(seed);
  std::vector<double> ratios;
  for (int i = 0; i < kBootstrapDraws; ++i) {
    const double below = base(random);
    ratios.push_back(now(random) / below);
  }
  return middle_of(std::move(ratios), confidence);
}

// The rates, means and percentiles of both sides' blocks, drawn together.
void compare_blocks(std::vector<Change>& changes, const Runs& base_runs, const Runs& now_runs,
                    double confidence, uint64_t seed, bool with_latency) {
  const Blocks base(base_runs, with_latency);
  const Blocks now(now_runs, with_latency);
  if (base.size() < kBlocksMin || now.size() < kBlocksMin) return;
  std::vector<std::vector<double>> ratios(changes.size());
  Random random(seed);
  for (int i = 0; i < kBootstrapDraws; ++i) {
    const Blocks::Draw below = base.draw(random);
    const Blocks::Draw above = now.draw(random);
    size_t percentile = 0;
    for (size_t k = 0; k < changes.size(); ++k) {
      const Measure measure = changes[k].measure;
      if (measure == Measure::kRate) ratios[k].push_back(above.rate / below.rate);
      if (!with_latency) continue;
      if (measure == Measure::kMean) ratios[k].push_back(above.mean / below.mean);
      if (measure == Measure::kPercentile && percentile < below.percentiles.size() &&
          percentile < above.percentiles.size()) {
        ratios[k].push_back(above.percentiles[percentile] / below.percentiles[percentile]);
        ++percentile;
      }
    }
  }
  for (size_t k = 0; k < changes.size(); ++k) {
    if (!ratios[k].empty()) changes[k].ratio = middle_of(std::move(ratios[k]), confidence);
  }
}

// --- Messages -----------------------------------------------------------------------------------

// What the measure would be in another run, if messages were independent. The rank of a percentile
// is binomially distributed, and with that many messages normally.
Draw message_draw(const Change& change, const Histogram& latency) {
  const auto count = static_cast<double>(latency.count());
  if (change.measure == Measure::kMean) {
    const double mean = latency.mean();
    const double error = latency.standard_deviation() / std::sqrt(count);
    return [=](Random& random) { return mean + error * random.normal(); };
  }
  const double share = change.percentile / 100;
  const double error = std::sqrt(share * (1 - share) / count);
  return [=, &latency](Random& random) {
    return static_cast<double>(latency.value_at(100 * (share + error * random.normal())));
  };
}

void compare_messages(Change& change, const Histogram& base, const Histogram& now,
                      double confidence, uint64_t seed) {
  if (change.measure != Measure::kPercentile && change.measure != Measure::kMean) return;
  if (base.count() == 0 || now.count() == 0) return;
  change.ratio = bootstrap(message_draw(change, base), message_draw(change, now), confidence, seed);
}

// --- All together -------------------------------------------------------------------------------

std::vector<Change> all_measures() {
  std::vector<Change> changes;
  const auto add = [&](Measure measure, double percentile) {
    changes.emplace_back().measure = measure;
    changes.back().percentile = percentile;
  };
  add(Measure::kRate, 0);
  for (const double percentile : kPercentiles) add(Measure::kPercentile, percentile);
  for (const Measure measure : {Measure::kMax, Measure::kMean, Measure::kTesterCpu}) {
    add(measure, 0);
  }
  return changes;
}

// A percentile that few messages are beyond is one of them by chance.
bool too_few_beyond(const Change& change, const Histogram& latency) {
  return change.measure == Measure::kPercentile &&
         static_cast<double>(latency.count()) * (1 - change.percentile / 100) < kBeyondMin - 1e-6;
}

const char* why_no_interval(Measure measure) {
  switch (measure) {
    case Measure::kRate:
      return "needs 10 intervals or 3 runs a side";
    case Measure::kMax:
    case Measure::kTesterCpu:
      return "needs 3 runs a side";
    case Measure::kPercentile:
    case Measure::kMean:
      break;
  }
  return "nothing was measured";
}

}  // namespace

double student_quantile(double confidence, double degrees_of_freedom) {
  const double n = degrees_of_freedom;
  const double scale =
      std::exp(std::lgamma((n + 1) / 2) - std::lgamma(n / 2)) / std::sqrt(n * std::numbers::pi);
  // With t = sqrt(n) tan(a) the density is scale sqrt(n) cos(a)^(n-1), smooth up to its end: summed
  // by Simpson's rule until half of the confidence is reached.
  const auto within = [&](double angle) {
    constexpr int kSteps = 400;
    double sum = 0;
    for (int i = 0; i <= kSteps; ++i) {
      const double weight = i == 0 || i == kSteps ? 1 : i % 2 == 1 ? 4 : 2;
      sum += weight * std::pow(std::cos(angle * i / kSteps), n - 1);
    }
    return 2 * scale * std::sqrt(n) * sum * angle / kSteps / 3;
  };
  double low = 0;
  double high = std::numbers::pi / 2;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (within(middle) < confidence ? low : high) = middle;
  }
  return std::sqrt(n) * std::tan(low);
}

double chance_of_errors(uint64_t base_errors, uint64_t now_errors, double base_messages,
                        double now_messages) {
  if (now_errors == 0) return 1;
  const double all = static_cast<double>(base_errors) + static_cast<double>(now_errors);
  const double share = now_messages / (base_messages + now_messages);
  if (!(share > 0 && share < 1)) return 1;
  constexpr double kExactMax = 10'000;
  if (all > kExactMax) {
    const double deviation = std::sqrt(all * share * (1 - share));
    const double beyond = (static_cast<double>(now_errors) - 0.5 - all * share) / deviation;
    return std::erfc(beyond / std::numbers::sqrt2) / 2;
  }
  double chance = 0;
  for (uint64_t i = now_errors; i <= base_errors + now_errors; ++i) {
    const auto k = static_cast<double>(i);
    chance += std::exp(std::lgamma(all + 1) - std::lgamma(k + 1) - std::lgamma(all - k + 1) +
                       k * std::log(share) + (all - k) * std::log1p(-share));
  }
  return std::min(chance, 1.0);
}

ResampledUnit unit_for(const Runs& base, const Runs& now) {
  if (base.size() >= kRunsMin && now.size() >= kRunsMin) return ResampledUnit::kRuns;
  for (const Runs* side : {&base, &now}) {
    const std::vector<const BenchInterval*> intervals = whole_intervals(*side);
    if (intervals.size() < kBlocksMin || !all_have_histograms(intervals)) {
      return ResampledUnit::kMessages;
    }
  }
  return ResampledUnit::kIntervals;
}

std::vector<Change> changes_between(const Runs& base, const Runs& now, double confidence,
                                    uint64_t seed) {
  std::vector<Change> changes = all_measures();
  const BenchResult base_pool = pooled(base);
  const BenchResult now_pool = pooled(now);
  for (Change& change : changes) {
    change.base = value_of(change, base_pool);
    change.now = value_of(change, now_pool);
  }
  const ResampledUnit unit = unit_for(base, now);
  if (unit == ResampledUnit::kRuns) {
    for (Change& change : changes) compare_runs(change, base, now, confidence);
  } else {
    compare_blocks(changes, base, now, confidence, seed, unit == ResampledUnit::kIntervals);
  }
  for (Change& change : changes) {
    if (unit == ResampledUnit::kMessages) {
      compare_messages(change, base_pool.latency, now_pool.latency, confidence, seed);
    }
    if (too_few_beyond(change, base_pool.latency) || too_few_beyond(change, now_pool.latency)) {
      change.ratio.reset();
      change.no_interval = "too few messages";
    }
    if (!change.ratio && change.no_interval.empty()) {
      change.no_interval = why_no_interval(change.measure);
    }
  }
  return changes;
}

}  // namespace echod
