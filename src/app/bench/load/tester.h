// What the connections of one load tester thread share, and what all threads are told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/bench/bench_options.h"
#include "app/bench/load/recorder.h"
#include "app/bench/load/run_window.h"
#include "app/bench/load/schedule.h"
#include "app/bench/load/size_mix.h"
#include "base/clock.h"
#include "engine/loop/event_loop.h"
#include "net/endpoint.h"

namespace echod {

// The run's plan, worked out from the options; the same for all threads, and unchanged.
struct BenchSetup {
  const BenchOptions& options;
  std::vector<Endpoint> endpoints = {};  // of the target; any that answers will do
  std::vector<Endpoint> sources = {};    // to connect from, in turn; empty: the system's choice
  std::string host = {};                 // HTTP: the Host field's value
  std::string fields = {};               // HTTP: more field lines
  EngineKind engine = EngineKind::kEpoll;
  unsigned threads = 1;
  unsigned pipeline = 1;
  double rate = 0;                      // of the open loop's schedule; 0: closed
  Duration opening = Duration::zero();  // over which connections are opened
  Duration slice_length = std::chrono::seconds(1);

  bool open_loop() const { return rate > 0; }
  unsigned connections() const { return options.connections; }
};

// One thread's. Connections refer to it; it outlives them.
struct Tester {
  const BenchSetup& setup;
  RunWindow& window;
  EventLoop& loop;
  Recorder& recorder;
  SizeMix sizes;
  std::optional<Schedule> schedule = {};  // of an open loop
  uint64_t quota = UINT64_MAX;            // messages this thread may still begin
  MonotonicClock clock = {};              // the loop's own stands still between its wake-ups
  unsigned connecting = 0;                // connections being opened now
  bool stopping = false;                  // begins no more messages
  bool checking_idle = false;             // quiet connections echo once, and close
};

}  // namespace echod
