// The files that the load tester's reports are read from. Errors name the file. OutputFile writes
// them.
#pragma once

#include <expected>
#include <string>

#include "app/bench/bench_result.h"

namespace echod {

inline constexpr size_t kReportBytesMax = size_t{256} << 20;  // larger ones are refused

// A JSON report or an interval log, told apart by how it begins.
std::expected<BenchResult, std::string> read_result(const std::string& path);

}  // namespace echod
