// `echod bench`: the command, from its arguments to its exit status.
#pragma once

namespace echod {

// A --fail-if is broken, or a comparison found a regression.
inline constexpr int kExitThreshold = 99;

// Runs `bench ...`, given from that word on. Returns the exit status.
int bench(int argc, const char* const* argv);

}  // namespace echod
