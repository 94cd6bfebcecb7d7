// One thread of the load tester: an event loop, its share of the connections, and an open loop's
// schedule.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "app/bench/load/connection.h"
#include "app/bench/load/recorder.h"
#include "app/bench/load/run_window.h"
#include "app/bench/load/tester.h"
#include "base/nursery.h"
#include "engine/loop/event_loop.h"

namespace echod {

class BenchWorker {
 public:
  // Worker `index` of N = `setup.threads` has the connections index, index + N, index + 2 N, ...,
  // active and idle ones alike. What it refers to must outlive it.
  BenchWorker(const BenchSetup& setup, RunWindow& window, unsigned index);

  // The thread's body: runs until the measurement has ended and everything is closed. Fails when
  // the event loop cannot be made.
  Result<void> run();

  // Its functions that are thread-safe say so; the others are for after run() has returned.
  Recorder& recorder() { return recorder_; }

  // CPU time of this thread during the measurement, and the length of that.
  Duration cpu() const { return cpu_; }
  Duration cpu_span() const { return cpu_span_; }

 private:
  // Position in an open loop's schedule: the next connection, and the number of its message.
  struct Turn {
    size_t connection = 0;
    uint64_t message = 0;
  };

  // The stages of the end: first the active connections finish, then idle ones are checked.
  enum class Ending : uint8_t { kNotYet, kActive, kIdle };

  Task<> serve();
  Task<> until(Time time);
  Task<> room_to_connect();
  Time opening_time(size_t index) const;
  void begin_schedule(BenchConnection& connection, size_t index);
  Time due_next() const;
  void pace(Time now);
  void tick(Time now);
  void measure_cpu(Time now);
  void stop(Time now);
  bool busy() const;

  const BenchSetup& setup_;
  RunWindow& window_;
  const unsigned index_;
  Recorder recorder_;
  EventLoop* loop_ = nullptr;
  Tester* tester_ = nullptr;
  std::vector<std::unique_ptr<BenchConnection>> active_;
  std::vector<std::unique_ptr<BenchConnection>> idle_;
  size_t idle_opened_ = 0;  // of them, those that were started
  size_t opened_ = 0;
  Turn turn_;
  std::vector<BenchConnection*> due_;  // used by pace()
  Time start_;
  Time next_tick_;
  Time next_age_check_ = Time::min();
  Ending ending_ = Ending::kNotYet;
  Time close_by_ = kNever;     // when connections with nothing in flight are closed
  Deadline give_up_ = kNever;  // when messages in flight at the end are given up
  bool cpu_measured_ = false;
  Time cpu_since_ = kNever;
  Duration cpu_at_start_ = Duration::zero();
  Duration cpu_ = Duration::zero();
  Duration cpu_span_ = Duration::zero();
};

}  // namespace echod
