// `echod serve`, from startup to exit.
#pragma once

#include "app/cli/live_options.h"

namespace echod {

// Serves until SIGTERM or SIGINT, then drains. SIGHUP reads the options anew. `live` has been read.
// Returns the process's exit code.
int serve(LiveOptions& live);

}  // namespace echod
