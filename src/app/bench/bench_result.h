// The result of a load tester run: what every report is made from, and what JSON files keep.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/histogram.h"

namespace echod {

// The load that was requested, as the report states it.
struct BenchPlan {
  std::string url;
  std::string loop;   // "closed" or "open"
  std::string sizes;  // bytes, as given: "64", "64:9,1024:1"
  uint64_t connections = 0;
  uint64_t threads = 0;
  uint64_t pipeline = 1;
  uint64_t idle_connections = 0;
  double rate = 0;  // target rate, messages per second; 0: closed loop
  bool connect_each = false;
  bool verify = true;
  std::string method = {};  // HTTP without an echo, where only statuses are verified; else empty
  double warm_up_s = 0;
};

// Where it ran. Strings are empty where the system does not tell.
struct BenchEnvironment {
  std::string echod_version;
  std::string compiler;
  std::string engine;       // of the load tester's loops
  std::string kernel;       // uname -sr
  std::string machine;      // uname -m
  std::string cpu;          // the model's name
  uint64_t processors = 0;  // usable by the process
  std::string started_at;   // RFC 3339, UTC
};

// One interval of the time series.
struct BenchInterval {
  double start_s = 0;  // since the measurement began
  double length_s = 0;
  uint64_t messages = 0;  // echoes that came back
  uint64_t bytes = 0;     // of their payload
  uint64_t errors = 0;
  uint64_t connections = 0;  // open at its end
  // Latency of its messages, ns; 0 without any.
  uint64_t p50_ns = 0;
  uint64_t p90_ns = 0;
  uint64_t p99_ns = 0;
  uint64_t max_ns = 0;
  // The whole histogram, by encode_histogram(); empty where it was not kept. It allows interval
  // logs, exact sums over several machines, and comparisons that know how much the latency varies
  // within a run.
  std::string latency = {};
};

struct BenchResult {
  BenchPlan plan;
  BenchEnvironment environment;

  double elapsed_s = 0;      // of the measurement, without ramp and warm-up
  bool gave_up = false;      // no echo for longer than the timeout, in a run without an end
  bool interrupted = false;  // by Ctrl-C
  // Both ends of it on CLOCK_MONOTONIC, to relate it to what was measured at the same time. Not
  // read back: 0 for a result that was read or merged.
  uint64_t window_begin_ns = 0;
  uint64_t window_end_ns = 0;

  uint64_t messages = 0;    // complete and (with verify) correct echoes
  uint64_t bytes = 0;       // of their payload, one way
  uint64_t connects = 0;    // connections opened while measuring
  uint64_t unanswered = 0;  // sent and not echoed at the end; not errors
  uint64_t late_sends = 0;  // open loop: messages that were due and never sent

  // Errors by kind ("corrupt", "reset", "timeout", "connect", "closed", "protocol", "status"), and
  // the first ones in words, with the stream offset of wrong bytes.
  std::map<std::string, uint64_t> errors;
  std::vector<std::string> first_errors;

  // Nanoseconds. Latency counts from when a message was due, so that in an open loop a stalled
  // server is charged for every message it delayed (no coordinated omission). Service time counts
  // from when it was actually sent; in a closed loop both are the same.
  Histogram latency;
  Histogram service;
  Histogram connect;  // from connect to established

  std::vector<BenchInterval> intervals;

  // The load tester's own CPU time, and how late it sent messages (open loop) for which the server
  // was not the cause.
  double tester_cpu_s = 0;
  double tester_cpu_busy = 0;  // 0 to 1: of the processors its threads had
  uint64_t schedule_lag_p99_ns = 0;
  double ceiling_per_s = 0;  // with --self: messages per second the tester can reach; 0: unknown
  bool at_ceiling = false;   // the run reached it, so the server may be faster

  uint64_t error_count() const {
    uint64_t sum = 0;
    for (const auto& [kind, count] : errors) sum += count;
    return sum;
  }
  double rate() const { return elapsed_s > 0 ? static_cast<double>(messages) / elapsed_s : 0; }
};

}  // namespace echod
