#include "app/sim/sim.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

#include "app/sim/sim_options.h"
#include "app/sim/world.h"
#include "engine/processor.h"

namespace echod {
namespace {

using sim::WorldOptions;
using sim::WorldOutcome;

constexpr uint64_t kFailuresMax = 10;  // shown; then the rest is left out

std::string replay(const SimOptions& options, uint64_t seed) {
  std::string command = fmt::format("echod sim --seed {}", seed);
  if (options.engine) command += fmt::format(" --engine {}", name_of(*options.engine));
  if (!options.faults) command += " --no-faults";
  return command;
}

// The worlds still to run and the totals, shared by all threads.
class Campaign {
 public:
  Campaign(const SimOptions& options, Log& log) : options_(options), log_(log) {}

  void work() {
    while (true) {
      const uint64_t number = next_.fetch_add(1);
      if (number >= options_.seeds || failures_ >= kFailuresMax) return;
      run(options_.seed + number);
    }
  }

  int report(double seconds) const {
    std::printf(
        "%s\n",
        fmt::format("{} worlds, {} failed; {} connections, {} steps, {:.0f} simulated "
                    "seconds in {:.1f} s; trace {:016x}",
                    worlds_, failures_.load(), connections_, steps_, simulated_, seconds, trace_)
            .c_str());
    return failures_ > 0 ? kExitFailure : kExitSuccess;
  }

 private:
  void run(uint64_t seed) {
    const std::string command = replay(options_, seed);
    const std::string note = "in a simulated world; again with: " + command;
    set_check_note(note.c_str());
    const WorldOutcome outcome =
        sim::run_world({.seed = seed, .engine = options_.engine, .faults = options_.faults}, log_);
    set_check_note(nullptr);
    std::lock_guard lock(mutex_);
    ++worlds_;
    connections_ += outcome.connections;
    steps_ += outcome.steps;
    simulated_ += std::chrono::duration<double>(outcome.simulated).count();
    trace_ ^= outcome.trace;
    if (outcome.failure.empty()) return;
    ++failures_;
    std::printf(
        "seed %s\n",
        fmt::format("{} failed: {}\n  again with: {}", seed, outcome.failure, command).c_str());
    std::fflush(stdout);
  }

  const SimOptions& options_;
  Log& log_;
  std::atomic<uint64_t> next_{0};
  std::atomic<uint64_t> failures_{0};
  std::mutex mutex_;
  uint64_t worlds_ = 0;
  uint64_t connections_ = 0;
  uint64_t steps_ = 0;
  double simulated_ = 0;
  uint64_t trace_ = 0;
};

}  // namespace

int simulate(int argc, const char* const* argv) {
  SimOptions options;
  CommandParser parser(sim_verb(), sim_table(options));
  if (auto ending = parser.parse(argc, argv)) return print_ending(*ending);
  LogOptions quiet;
  quiet.level = LogLevel::kOff;
  auto log = Log::open(quiet);
  if (!log) {
    std::fprintf(stderr, "echod: %s\n", log.error().c_str());
    return kExitFailure;
  }
  if (options.jobs == 0) options.jobs = usable_processors().size();
  const Time start = MonotonicClock().now();
  Campaign campaign(options, **log);
  std::vector<std::jthread> threads;
  for (uint64_t i = 1; i < std::min(options.jobs, options.seeds); ++i) {
    threads.emplace_back([&] { campaign.work(); });
  }
  campaign.work();
  threads.clear();
  return campaign.report(std::chrono::duration<double>(MonotonicClock().now() - start).count());
}

}  // namespace echod
