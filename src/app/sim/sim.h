// `echod sim`: runs the server in simulated worlds, one for each seed, and says what went wrong.
#pragma once

namespace echod {

// The verb; `argv[0]` is its name. Returns the exit code: kExitFailure when a world went wrong.
int simulate(int argc, const char* const* argv);

}  // namespace echod
