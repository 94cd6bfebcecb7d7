// `echod health`: whether a server is healthy, for the HEALTHCHECK of a container.
#pragma once

namespace echod {

// Runs `health ...`; `argv` begins with that word. Prints one line. Returns the exit status: 0
// healthy, 1 not healthy, 2 usage error.
int health(int argc, const char* const* argv);

}  // namespace echod
