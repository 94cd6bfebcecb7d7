// How many messages a second the load tester itself can handle on this machine, to tell whether the
// server or the tester limits a result.
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

// Runs the same load for a second against an echo server in this process, and counts the CPU time
// of the tester's threads alone. It is the server as it is shipped: a smaller one would be a second
// way to put it together. The error is a line for people.
std::expected<Ceiling, std::string> measure_ceiling(const BenchOptions& options,
                                                    BenchObserver& observer);

// Records in `result` the ceiling, and whether the run reached it: within a tenth of it, or with
// the tester's threads fully busy.
void note_ceiling(BenchResult& result, const Ceiling* ceiling);

}  // namespace echod
