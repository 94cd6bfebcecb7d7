// Adds up the slices of all threads: the histogram of the whole run and the intervals of its time
// series.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "app/bench/bench_result.h"
#include "app/bench/load/recorder.h"
#include "base/clock.h"

namespace echod {

class Timeline {
 public:
  // For slices of length `interval` / `slices_per_interval`, from `workers` threads.
  Timeline(Duration interval, uint64_t slices_per_interval, unsigned workers);

  // Adds a slice of `worker`, in rising order for each worker.
  void add(unsigned worker, Slice&& slice);

  // No worker has more slices below `index`: intervals before it are complete.
  void complete(uint64_t index);

  // All threads are done and the measurement took `elapsed`. Echoes after its end count for its
  // last interval.
  std::vector<BenchInterval> finish(Duration elapsed);

  const Histogram& latency() const { return latency_; }
  uint64_t messages() const { return messages_; }
  uint64_t bytes() const { return bytes_; }

  // The last complete interval, or an empty one.
  BenchInterval last_complete() const;

 private:
  // An interval whose numbers may still change; its histogram is dropped when they no longer do.
  struct Step {
    BenchInterval numbers;
    std::unique_ptr<Histogram> latency;
    std::vector<uint64_t> connections;  // of each worker
  };

  Step& step(size_t index);
  void settle(size_t index);
  void fold_rest(size_t count);

  const Duration interval_;
  const uint64_t slices_per_interval_;
  std::vector<uint64_t> connections_;  // of each worker, as last reported
  std::vector<Step> steps_;
  size_t settled_ = 0;  // intervals that are complete
  Histogram latency_;
  uint64_t messages_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace echod
