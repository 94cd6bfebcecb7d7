// Where a run takes place, for its report: a number without it means little.
#pragma once

#include <string_view>

#include "app/bench/bench_result.h"

namespace echod {

// `engine` is the load tester's own.
BenchEnvironment bench_environment(std::string_view engine);

}  // namespace echod
