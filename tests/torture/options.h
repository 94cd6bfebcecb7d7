// The command line.
#pragma once

#include <expected>

#include "context.h"

namespace torture {

// The options, or the exit code where there is nothing to do (0: help was printed; 2: they are
// wrong, which was said on standard error).
std::expected<Options, int> parse_options(int argc, char** argv);

}  // namespace torture
