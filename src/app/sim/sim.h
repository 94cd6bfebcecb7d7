// `echod sim`: runs the server in simulated worlds, one for each seed, and reports what went wrong.
#pragma once

namespace echod {

// The command; `argv[0]` is its name. Returns the exit code: kExitFailure when a world failed.
int simulate(int argc, const char* const* argv);

}  // namespace echod
