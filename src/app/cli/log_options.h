// The options of the log and the access log.
#pragma once

#include <vector>

#include "app/cli/serve_options.h"

namespace echod {

// Their rows in the option table. `options` must outlive them.
std::vector<Option> log_rows(ServeOptions& options);

}  // namespace echod
