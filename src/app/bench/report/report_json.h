// A result of the load tester as a JSON document, schema "echod-bench/1": see docs/bench-json.md
// and docs/bench.schema.json. Lossless: what is read back from a report equals what was written,
// histograms included, so that results can be compared and added up later and elsewhere.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "app/bench/bench_result.h"

namespace echod {

inline constexpr std::string_view kReportSchema = "echod-bench/1";

// Whether a report has whole histograms, or only their percentiles and curve. A report without them
// is for display; parse_json_report() refuses it.
enum class HistogramDetail : uint8_t { kWhole, kReadings };

// Indented, with a newline at its end. Bytes that are not UTF-8 are replaced by U+FFFD.
std::string json_report(const BenchResult& result,
                        HistogramDetail detail = HistogramDetail::kWhole);

// Unknown members are ignored; missing ones are errors. The error names the member. Safe for any
// input, whose size the caller limits.
std::expected<BenchResult, std::string> parse_json_report(std::string_view text);

// The percentiles that reports show.
inline constexpr double kReportPercentiles[] = {50, 75, 90, 95, 99, 99.9, 99.99, 99.999};

}  // namespace echod
