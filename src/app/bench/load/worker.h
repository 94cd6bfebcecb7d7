// One thread of the load tester: an event loop, its share of the connections, and the schedule by
// which an open loop's messages are due.
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
  // Of the connections 0, 1, ..., worker `index` of `setup.threads` has every threads-th, beginning
  // with its own number; quiet ones alike. What is given by reference must outlive it.
  BenchWorker(const BenchSetup& setup, RunWindow& window, unsigned index);

  // The thread's body: runs until the measurement has ended and everything is closed. Fails when
  // the event loop cannot be made.
  Result<void> run();

  // Thread-safe as it says; everything else of it after run() has returned.
  Recorder& recorder() { return recorder_; }

  // Processor time of this thread during the measurement, and the time that went by meanwhile.
  Duration cpu() const { return cpu_; }
  Duration cpu_span() const { return cpu_span_; }

 private:
  // Where an open loop's schedule stands: the turn of which connection, and its message's number.
  struct Turn {
    size_t connection = 0;
    uint64_t message = 0;
  };

  // How the end goes: no more messages are begun, then quiet connections are looked after.
  enum class Ending : uint8_t { kNotYet, kBusy, kQuiet };

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
  size_t quiet_opened_ = 0;  // of them, those that live
  size_t opened_ = 0;
  Turn turn_;
  std::vector<BenchConnection*> due_;  // pace()'s own
  Time start_;
  Time next_tick_;
  Time next_age_check_ = Time::min();
  Ending ending_ = Ending::kNotYet;
  Time farewell_ = kNever;     // when connections with nothing under way are closed at the latest
  Deadline give_up_ = kNever;  // when what is under way at the end is left unanswered
  bool cpu_measured_ = false;
  Time cpu_since_ = kNever;
  Duration cpu_at_start_ = Duration::zero();
  Duration cpu_ = Duration::zero();
  Duration cpu_span_ = Duration::zero();
};

}  // namespace echod
