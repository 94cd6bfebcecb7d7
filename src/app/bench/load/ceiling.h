// How many messages a second the load tester itself can handle on this machine: whether a slow
// result is the server's, or the tester's own.
#pragma once

#include <expected>
#include <string>

#include "app/bench/bench_options.h"
#include "app/bench/load/runner.h"

namespace echod {

struct Ceiling {
  double messages_per_s = 0;  // all threads, each with a processor of its own
  double cpu_per_message_s = 0;
  unsigned threads = 0;
  bool interrupted = false;
};

// Runs the same load for a second against an echo server in this process, and takes the processor
// time of the tester's threads alone, so that the server's share does not count. The error is a
// line for people.
std::expected<Ceiling, std::string> measure_ceiling(const BenchOptions& options,
                                                    BenchObserver& observer);

// Notes in `result` what the ceiling was and whether the run was at it: within a tenth of it, or
// with threads that had no time left.
void note_ceiling(BenchResult& result, const Ceiling* ceiling);

}  // namespace echod
