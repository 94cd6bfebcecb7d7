// What a run must not exceed: "p99>5ms", "errors>0", "rate<50k", given with --fail-if.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "app/bench/bench_result.h"

namespace echod {

struct Threshold {
  enum class Measure : uint8_t { kPercentile, kMean, kMax, kRate, kThroughput, kErrors };

  Measure measure = Measure::kErrors;
  double percentile = 0;  // of kPercentile, 0 to 100
  bool above = true;      // fails when greater than `limit`, else when less
  double limit = 0;       // ns, messages/s, bytes/s, or a count
  std::string text;       // as given

  // Whether `result` breaks it.
  bool broken_by(const BenchResult& result) const;
};

// The error says what is wrong and shows one that is right.
std::expected<Threshold, std::string> parse_threshold(std::string_view text);

}  // namespace echod
