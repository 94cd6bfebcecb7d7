// Where a run takes place, for its report: its numbers mean little without that.
#pragma once

#include <string_view>

#include "app/bench/bench_result.h"

namespace echod {

// `engine` is the load tester's own.
BenchEnvironment bench_environment(std::string_view engine);

}  // namespace echod
