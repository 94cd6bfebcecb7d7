#include "app/sim/sim.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

#include "app/command_parser.h"
#include "app/sim/world.h"
#include "engine/processor.h"

namespace echod {
namespace {

using sim::WorldOptions;
using sim::WorldOutcome;

constexpr uint64_t kFailuresMax = 10;  // shown; then the rest is left out

struct SimOptions {
  uint64_t seed = 1;
  uint64_t seeds = 1;
  uint64_t jobs = 0;  // 0: as many as processors
  std::optional<EngineKind> engine = {};
  bool faults = true;
};

std::optional<CommandParser::Ending> read_options(int argc, const char* const* argv,
                                                  SimOptions& options) {
  CommandParser parser(
      {.name = "echod sim",
       .description =
           "Runs the server with its clients in simulated worlds: one thread, a kernel,\n"
           "a network and a clock made up from a seed, and faults of every kind. Checks\n"
           "that every byte comes back, in order, once, and that nothing is left over.",
       .footer = "Exit codes: 0 all worlds were as they should be, 1 one was not, 2 bad usage.\n"
                 "A failure prints the command that repeats it."});
  parser.add_count(
      "--seed", 0, UINT64_MAX, [&](uint64_t n) { options.seed = n; }, "The first world's seed (1)");
  parser.add_count(
      "--seeds", 1, UINT64_MAX, [&](uint64_t n) { options.seeds = n; },
      "How many worlds, with one seed after the other (1)");
  parser.add_count(
      "--jobs", 1, 1024, [&](uint64_t n) { options.jobs = n; },
      "Worlds at the same time (as many as there are processors)");
  parser.add_choice<std::optional<EngineKind>>(
      "--engine", options.engine,
      {{"epoll", EngineKind::kEpoll}, {"uring", EngineKind::kUring}, {"any", std::nullopt}},
      "The server's engine: epoll, uring, any: the seed's choice (any)");
  parser.add_flag("--no-faults", [&] { options.faults = false; }, "Nothing goes wrong");
  return parser.parse(argc, argv);
}

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
  if (auto ending = read_options(argc, argv, options)) {
    return print_ending(*ending);
  }
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
