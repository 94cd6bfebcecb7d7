// The command line of the load tester and its verbs: a plan that makes sense, or one clear line.
#include <cmath>

#include "app/bench/options.h"
#include "command_line.h"

namespace echod::fuzz {
namespace {

void check_threshold(const Threshold& threshold) {
  ECHOD_CHECK(!threshold.text.empty());
  ECHOD_CHECK(std::isfinite(threshold.limit) && threshold.limit >= 0);
  if (threshold.measure == Threshold::Measure::kPercentile) {
    ECHOD_CHECK(threshold.percentile > 0 && threshold.percentile <= 100);
  }
}

void check(const BenchOptions& options) {
  ECHOD_CHECK(options.self || !options.target.host.empty());
  ECHOD_CHECK(options.self || options.target.port != 0);
  ECHOD_CHECK(options.connections >= 1);
  ECHOD_CHECK(!options.pipeline || *options.pipeline >= 1);
  ECHOD_CHECK(!options.sizes.empty());
  uint64_t weights = 0;
  for (const SizeShare& share : options.sizes) weights += share.weight;
  ECHOD_CHECK(weights > 0);
  ECHOD_CHECK(std::isfinite(options.rate) && options.rate >= 0);
  ECHOD_CHECK(std::isfinite(options.connect_rate) && options.connect_rate >= 0);
  ECHOD_CHECK(options.interval > Duration::zero());
  for (const Threshold& threshold : options.fail_if) check_threshold(threshold);
}

void check(const CompareOptions& options) {
  ECHOD_CHECK(!options.base_files.empty() && !options.new_files.empty());
  ECHOD_CHECK(options.threshold >= 0 && options.threshold <= 10);
  ECHOD_CHECK(options.confidence >= 0.5 && options.confidence <= 0.9999);
}

void check(const MergeOptions& options) { ECHOD_CHECK(!options.files.empty()); }

void check(const CommandParser::Ending& ending) {
  if (ending.exit_code == kExitUsage) {
    check_mistake(ending.text);
  } else {
    ECHOD_CHECK(ending.exit_code == kExitSuccess && !ending.text.empty());
  }
}

}  // namespace
}  // namespace echod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace echod;
  const fuzz::Arguments arguments("bench", data, size);
  const BenchCommand command = parse_bench_command_line(arguments.count(), arguments.values());
  std::visit([](const auto& meant) { fuzz::check(meant); }, command);
  return 0;
}
