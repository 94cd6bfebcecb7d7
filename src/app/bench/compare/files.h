// The files that the load tester's reports are written to and read from. Errors name the file.
#pragma once

#include <expected>
#include <string>

#include "app/bench/bench_result.h"

namespace echod {

inline constexpr size_t kReportBytesMax = size_t{256} << 20;  // larger ones are refused

// A JSON report or an interval log, told apart by how it begins.
std::expected<BenchResult, std::string> read_result(const std::string& path);

// "-" is standard output. Empty, or what went wrong.
std::string write_report(const std::string& path, const std::string& text);

}  // namespace echod
