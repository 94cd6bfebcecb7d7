// `echod serve`, from startup to exit.
#pragma once

#include "app/cli/serve_options.h"

namespace echod {

// Serves until SIGTERM or SIGINT, then drains. Returns the process's exit code.
int serve(const ServeOptions& options);

}  // namespace echod
