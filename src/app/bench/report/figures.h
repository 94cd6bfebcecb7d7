// Numbers as the load tester's reports show them to people: three significant digits, with the unit
// that keeps them between 1 and 1000.
#pragma once

#include <cstdint>
#include <string>

namespace echod {

// Nanoseconds: "0 ns", "987 ns", "1.23 us", "45.6 ms", "789 s".
std::string format_latency(double nanoseconds);

// "0 B", "64 B", "3.20 MB": decimal, as network rates are.
std::string format_bytes(double bytes);

// "0", "12.3", "20,000": messages or connections per second.
std::string format_rate(double per_second);

// "600,000".
std::string format_count(uint64_t count);

// "0 %", "0.0005 %", "12 %", "99.9 %", of a share of 1; two or three significant digits.
std::string format_share(double share);

// "64 bytes", "64 (9 in 10), 1024 (1 in 10) bytes": BenchPlan::sizes in words.
std::string format_sizes(const std::string& sizes);

// "1 thread", "2 threads".
std::string format_plural(uint64_t count, const char* noun);

}  // namespace echod
