// Puts the slices of all threads together: the whole run's histogram and the steps of its time
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
  // Of slices whose length is `interval` divided by `slices_per_interval`, from `workers` threads.
  Timeline(Duration interval, uint64_t slices_per_interval, unsigned workers);

  // One more slice of `worker`, in rising order for each.
  void add(unsigned worker, Slice&& slice);

  // No worker has slices below `index` any more: steps before it are complete.
  void complete(uint64_t index);

  // All threads are done and the measurement took `elapsed`. What came back after its end counts
  // for its last step.
  std::vector<BenchInterval> finish(Duration elapsed);

  const Histogram& latency() const { return latency_; }
  uint64_t messages() const { return messages_; }
  uint64_t bytes() const { return bytes_; }

  // The last complete step, or an empty one.
  BenchInterval last_complete() const;

 private:
  // A step whose numbers may still change; its histogram goes when they do not.
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
  std::vector<uint64_t> connections_;  // of each worker, as last heard
  std::vector<Step> steps_;
  size_t settled_ = 0;  // steps that are complete
  Histogram latency_;
  uint64_t messages_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace echod
