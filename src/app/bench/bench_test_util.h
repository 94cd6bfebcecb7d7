// A result as a real run gives it, for the tests of what is made from results.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

#include "app/bench/bench_result.h"
#include "app/bench/report/histogram_codec.h"

namespace echod {

// An open loop of 20,000 messages a second for `seconds` against a server that stalls for 100 ms
// every fifth second. The same seed gives the same result on every machine.
inline BenchResult sample_result(uint64_t seed = 1, unsigned seconds = 30) {
  constexpr uint64_t kPerSecond = 20'000;
  constexpr uint64_t kStallNs = 100'000'000;
  std::mt19937_64 random(seed);
  // Not std::lognormal_distribution, whose values the standard leaves to each library.
  const auto uniform = [&random] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  const auto usual_ns = [&uniform] {
    return static_cast<uint64_t>(20'000 * std::pow(1 - uniform(), -0.4) + 3000 * uniform());
  };

  BenchResult result;
  result.plan = {.url = "tcp://127.0.0.1:7777",
                 .loop = "open",
                 .sizes = "64:9,1024:1",
                 .connections = 50,
                 .threads = 2,
                 .pipeline = 1,
                 .idle_connections = 100,
                 .rate = kPerSecond,
                 .connect_each = false,
                 .verify = true,
                 .warm_up_s = 0.25};
  result.environment = {.echod_version = "0.1.0",
                        .compiler = "g++ 12.2.0",
                        .engine = "uring",
                        .kernel = "Linux 6.1.0-18-amd64",
                        .machine = "x86_64",
                        .cpu = "Example CPU @ 2.50GHz",
                        .processors = 2,
                        .started_at = "2026-01-02T03:04:05Z"};
  for (unsigned second = 0; second < seconds; ++second) {
    Histogram latency;
    for (uint64_t i = 0; i < kPerSecond; ++i) {
      const uint64_t service = usual_ns();
      // The first tenth of such a second was due while the server stood still.
      const bool stalled = second % 5 == 4 && i < kPerSecond / 10;
      const uint64_t waited = stalled ? kStallNs - kStallNs * i * 10 / kPerSecond : 0;
      result.service.record(stalled && i == 0 ? service + kStallNs : service);
      latency.record(service + waited);
    }
    result.latency.add(latency);
    result.intervals.push_back({.start_s = static_cast<double>(second),
                                .length_s = 1,
                                .messages = kPerSecond,
                                .bytes = kPerSecond * 160,
                                .errors = second == 7 ? 3U : 0U,
                                .connections = 50,
                                .p50_ns = latency.value_at(50),
                                .p90_ns = latency.value_at(90),
                                .p99_ns = latency.value_at(99),
                                .max_ns = latency.max(),
                                .latency = encode_histogram(latency)});
    result.messages += kPerSecond;
    result.bytes += kPerSecond * 160;
  }
  for (int i = 0; i < 50; ++i) result.connect.record(usual_ns() * 3);
  result.connects = 50;
  result.elapsed_s = seconds;
  result.unanswered = 12;
  result.late_sends = 4;
  result.errors = {{"corrupt", 1}, {"reset", 2}};
  result.first_errors = {"connection 17: byte 4096 of the stream is 0x41, not 0x42",
                         "connection 3: reset by peer after 12,288 bytes",
                         "connection 4: reset by peer after 64 bytes"};
  result.tester_cpu_s = 11.5;
  result.tester_cpu_busy = 0.19;
  result.schedule_lag_p99_ns = 21'000;
  result.ceiling_per_s = 410'000;
  return result;
}

}  // namespace echod
