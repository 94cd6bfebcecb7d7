// Runs the load tester: opens the connections, measures for as long as was asked, and puts what all
// threads found together.
#pragma once

#include <expected>
#include <string>

#include "app/bench/bench_options.h"
#include "app/bench/bench_result.h"

namespace echod {

// How a run goes, several times a second.
struct BenchProgress {
  enum class Stage : uint8_t { kOpening, kWarmingUp, kMeasuring, kEnding };

  Stage stage = Stage::kOpening;
  uint64_t opened = 0;   // connections whose first attempt is over
  double elapsed_s = 0;  // of the measurement
  double share = 0;      // of the run that is done, 0 to 1
  uint64_t messages = 0;
  uint64_t errors = 0;
  BenchInterval last;        // the last complete step
  const Histogram& latency;  // of the measurement so far
};

// Who looks on, and may end the run. Called on the thread that called run_bench().
class BenchObserver {
 public:
  virtual ~BenchObserver() = default;
  virtual void progress(const BenchProgress& progress) = 0;

  // Whether the run is to end now.
  virtual bool interrupted() = 0;
};

// The error is a line for people that says what to do: nothing could be reached or started.
std::expected<BenchResult, std::string> run_bench(const BenchOptions& options,
                                                  BenchObserver& observer);

}  // namespace echod
