// `echod bench`: the command, from its arguments to its exit status.
#pragma once

namespace echod {

// A --fail-if threshold was crossed, or a comparison found a regression.
inline constexpr int kExitThreshold = 99;

// Runs `bench ...`, given from that word on. Returns the exit status: 1 where nothing was echoed
// correctly or a report could not be written, kExitThreshold, 128 + the signal that ended the run
// (130 after Ctrl-C), which still reports what was measured so far.
int bench(int argc, const char* const* argv);

}  // namespace echod
