// What a run must not exceed: "p99>5ms", "errors>0", "rate<50k", given with --fail-if.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "app/bench/bench_result.h"

namespace echod {

struct Threshold {
  enum class Measure : uint8_t {
    kPercentile,
    kMean,
    kMax,
    kRate,
    kThroughput,
    kErrors,
    kErrorShare
  };

  Measure measure = Measure::kErrors;
  double percentile = 0;   // of kPercentile, above 0 up to 100
  bool above = true;       // fails when greater than `limit`, else when less
  bool inclusive = false;  // fails at `limit` too
  double limit = 0;        // ns, messages/s, bytes/s, a count, or for kErrorShare a share of 1
  std::string text;        // as given

  // Whether `result` breaks it. Latency limits are broken by a run in which nothing came back: it
  // must not pass for a fast one.
  bool broken_by(const BenchResult& result) const;
};

// MEASURE, one of > >= < <=, and a limit, with spaces where wanted: p0.1 to p100, mean and max with
// a duration ("p99.9>5ms"), rate with messages per second ("rate<50k"), throughput with bytes of
// payload per second, one way ("throughput<1.5GB"), errors with a count or a share of the messages
// ("errors>0", "errors>0.1%"). The error says what is wrong and shows one that is right.
std::expected<Threshold, std::string> parse_threshold(std::string_view text);

}  // namespace echod
