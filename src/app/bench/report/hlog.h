// Interval logs of HdrHistogram (".hlog", format 1.3), as HistogramLogProcessor and the other tools
// of hdrhistogram.org read them: a line for each interval with its start and length in seconds, its
// maximum in milliseconds and its latency histogram in nanoseconds. Service and connect times are
// one line each, tagged, which the tools leave out unless asked for them. A comment holds the whole
// report, so that nothing is lost when logs are added up.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "app/bench/bench_result.h"

namespace echod {

inline constexpr size_t kLogIntervalsMax = 100'000;  // a day of seconds; more are refused

// Where the result's intervals did not all keep their histograms, the log has one for all of it.
std::string hlog_report(const BenchResult& result);

// A log of ours as it was written. Of a log that others wrote: its latencies, in an otherwise empty
// result with plan.loop "". The error names the line. Safe for any input, whose size the caller
// limits.
std::expected<BenchResult, std::string> parse_hlog(std::string_view text,
                                                   size_t intervals_max = kLogIntervalsMax);

// Whether `text` begins as a log does.
bool is_hlog(std::string_view text);

}  // namespace echod
