// The results of one load tester thread. Only that thread writes; while it runs, other threads get
// them in slices: intervals of time whose numbers no longer change.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "app/bench/load/run_window.h"
#include "base/clock.h"
#include "base/histogram.h"

namespace echod {

// The results of one interval of time.
struct Slice {
  uint64_t index = 0;  // of the interval, counted from RunWindow::from
  uint64_t messages = 0;
  uint64_t bytes = 0;
  uint64_t errors = 0;
  uint64_t connections = 0;  // open at its end
  Histogram latency;
};

// A failure, in words.
struct FailureReport {
  std::string where;         // "connection 3"
  std::string what;          // "cannot connect to 127.0.0.1:8080: refused while connecting (...)"
  bool unreachable = false;  // the server did not accept the connection
};

class Recorder {
 public:
  // Slices are `slice_length` long. `service_apart`: also records the time since sending, because
  // messages may be sent later than they were due.
  Recorder(const RunWindow& window, Duration slice_length, bool service_apart);

  // Call it with the current time before the functions below, and regularly when nothing happens.
  void pass(Time now) {
    if (now >= slice_end_) begin_slice(now);
  }

  // A message was echoed.
  void echoed(Time due, Time sent, Time now, uint64_t size);
  void connected(Duration took, Time now);
  void closed() {
    if (!ending_) --connections_;
  }

  // The lag of a message that only this thread delayed.
  void lagged(Duration lag);

  // `kind` is a key of BenchResult::errors.
  void failed(std::string_view kind, FailureReport report);

  // The run ends, so connections close: the time series counts them as open until its end.
  void ending() { ending_ = true; }

  void left_unanswered() { ++unanswered_; }
  void never_sent(uint64_t count) { late_sends_ += count; }

  // From any thread: the slices completed since the last call, and the index below which there will
  // be no more.
  std::vector<Slice> take_slices(uint64_t& complete_below);

  // The last slice; nothing is recorded after it.
  void finish();

  // After the thread has been joined.
  const Histogram& service() const { return service_; }
  const Histogram& connect() const { return connect_; }
  const Histogram& lag() const { return lag_; }
  uint64_t connects() const { return connects_; }
  uint64_t unanswered() const { return unanswered_; }
  uint64_t late_sends() const { return late_sends_; }
  const std::map<std::string, uint64_t>& errors() const { return errors_; }
  const std::vector<FailureReport>& first_failures() const { return first_failures_; }
  Time last_echo() const { return last_echo_; }

  static constexpr size_t kFirstFailuresMax = 10;  // kept in words

 private:
  void begin_slice(Time now);
  void hand_over(uint64_t next_index);

  const RunWindow& window_;
  const Duration slice_length_;
  const bool service_apart_;

  Time slice_end_ = Time::min();  // so that the first pass() begins a slice
  Slice slice_;
  uint64_t connections_ = 0;
  bool ending_ = false;

  Histogram service_;
  Histogram connect_;
  Histogram lag_;
  uint64_t connects_ = 0;
  uint64_t unanswered_ = 0;
  uint64_t late_sends_ = 0;
  std::map<std::string, uint64_t> errors_;
  std::vector<FailureReport> first_failures_;
  Time last_echo_ = Time::min();

  std::mutex mutex_;  // guards what follows
  std::vector<Slice> complete_;
  uint64_t complete_below_ = 0;
};

}  // namespace echod
