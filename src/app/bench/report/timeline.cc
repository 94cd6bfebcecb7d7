#include "app/bench/report/timeline.h"

#include <algorithm>
#include <numeric>

#include "app/bench/report/histogram_codec.h"
#include "base/check.h"

namespace echod {
namespace {

// A run longer than this is a mistake in the clock, not a reason to run out of memory.
constexpr size_t kStepsMax = 10'000'000;

double seconds(Duration duration) { return static_cast<double>(duration.count()) / 1e9; }

}  // namespace

Timeline::Timeline(Duration interval, uint64_t slices_per_interval, unsigned workers)
    : interval_(interval), slices_per_interval_(slices_per_interval), connections_(workers) {}

Timeline::Step& Timeline::step(size_t index) {
  index = std::min(index, kStepsMax - 1);
  while (steps_.size() <= index) {
    Step next;
    next.numbers.start_s = seconds(interval_) * static_cast<double>(steps_.size());
    next.numbers.length_s = seconds(interval_);
    next.latency = std::make_unique<Histogram>();
    next.connections = connections_;
    steps_.push_back(std::move(next));
  }
  return steps_[index];
}

void Timeline::add(unsigned worker, Slice&& slice) {
  messages_ += slice.messages;
  bytes_ += slice.bytes;
  latency_.add(slice.latency);
  Step& mine = step(slice.index / slices_per_interval_);
  mine.numbers.messages += slice.messages;
  mine.numbers.bytes += slice.bytes;
  mine.numbers.errors += slice.errors;
  if (mine.latency) mine.latency->add(slice.latency);
  mine.connections[worker] = connections_[worker] = slice.connections;
}

void Timeline::settle(size_t index) {
  Step& done = steps_[index];
  done.numbers.connections =
      std::accumulate(done.connections.begin(), done.connections.end(), uint64_t{0});
  done.numbers.p50_ns = done.latency->value_at(50);
  done.numbers.p90_ns = done.latency->value_at(90);
  done.numbers.p99_ns = done.latency->value_at(99);
  done.numbers.max_ns = done.latency->max();
  if (done.latency->count() > 0) done.numbers.latency = encode_histogram(*done.latency);
  done.latency.reset();
}

void Timeline::complete(uint64_t index) {
  const uint64_t count = std::min<uint64_t>(index / slices_per_interval_, steps_.size());
  for (; settled_ < count; ++settled_) settle(settled_);
}

BenchInterval Timeline::last_complete() const {
  return settled_ == 0 ? BenchInterval() : steps_[settled_ - 1].numbers;
}

// Adds the steps from `count` on to the one before them.
void Timeline::fold_rest(size_t count) {
  if (steps_.size() <= count) return;
  Step& last = steps_[count - 1];
  for (size_t i = count; i < steps_.size(); ++i) {
    last.numbers.messages += steps_[i].numbers.messages;
    last.numbers.bytes += steps_[i].numbers.bytes;
    last.numbers.errors += steps_[i].numbers.errors;
    if (last.latency && steps_[i].latency) last.latency->add(*steps_[i].latency);
  }
  steps_.resize(count);
}

std::vector<BenchInterval> Timeline::finish(Duration elapsed) {
  if (elapsed <= Duration::zero()) return {};
  const auto count = static_cast<size_t>((elapsed + interval_ - Duration(1)) / interval_);
  step(std::min(count, kStepsMax) - 1);
  fold_rest(std::min(count, kStepsMax));
  settled_ = std::min(settled_, steps_.size());
  for (; settled_ < steps_.size(); ++settled_) settle(settled_);
  steps_.back().numbers.length_s = seconds(elapsed) - steps_.back().numbers.start_s;
  std::vector<BenchInterval> intervals;
  intervals.reserve(steps_.size());
  for (const Step& done : steps_) intervals.push_back(done.numbers);
  return intervals;
}

}  // namespace echod
