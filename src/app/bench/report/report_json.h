// A result of the load tester as a JSON document, schema "echod-bench/1": see docs/bench-json.md
// and docs/bench.schema.json. Lossless: what is read back from a report equals what was written,
// histograms included, so that results can be compared and added up later and elsewhere.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "app/bench/bench_result.h"

namespace echod {

// Whether a report holds its histograms whole, or only what was read off them: percentiles and the
// curve. A report without them is for showing; parse_json_report() refuses it.
enum class HistogramDetail : uint8_t { kWhole, kReadings };

// Indented, with a newline at its end. Bytes that are no UTF-8 are replaced.
std::string json_report(const BenchResult& result,
                        HistogramDetail detail = HistogramDetail::kWhole);

// Unknown members are ignored, missing ones are not. The error names the member and says what is
// wrong with it. Safe for any input, whose size the caller limits.
std::expected<BenchResult, std::string> parse_json_report(std::string_view text);

// The percentiles that reports show.
inline constexpr double kReportPercentiles[] = {50, 75, 90, 95, 99, 99.9, 99.99, 99.999};

}  // namespace echod
