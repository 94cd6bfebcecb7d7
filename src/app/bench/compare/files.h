// Reads the load tester's report files. Errors name the file. OutputFile writes them.
#pragma once

#include <expected>
#include <string>

#include "app/bench/bench_result.h"

namespace echod {

inline constexpr size_t kReportBytesMax = size_t{256} << 20;  // larger ones are refused

// Reads a JSON report or an interval log, told apart by its first bytes.
std::expected<BenchResult, std::string> read_result(const std::string& path);

}  // namespace echod
