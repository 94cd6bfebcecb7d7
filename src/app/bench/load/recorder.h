// What one thread of the load tester finds out. Only its thread writes; what others may see while
// it runs, it hands over in slices: a stretch of time whose numbers do not change any more.
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

// What happened in one step of time.
struct Slice {
  uint64_t index = 0;  // the step, counted from RunWindow::from
  uint64_t messages = 0;
  uint64_t bytes = 0;
  uint64_t errors = 0;
  uint64_t connections = 0;  // open at its end
  Histogram latency;
};

class Recorder {
 public:
  // Slices are `slice_length` long. `service_apart`: the time from the sending is kept besides the
  // latency, because messages may be sent later than they were meant to be.
  Recorder(const RunWindow& window, Duration slice_length, bool service_apart);

  // To be called with the time before the calls that follow, and now and then when nothing happens.
  void pass(Time now) {
    if (now >= slice_end_) begin_slice(now);
  }

  // A message has come back.
  void echoed(Time due, Time sent, Time now, uint64_t size);
  void connected(Duration took, Time now);
  void closed() {
    if (!ending_) --connections_;
  }

  // How late a message was sent that nothing but this thread held up.
  void lagged(Duration lag);

  // `kind` is one of BenchResult::errors' keys.
  void failed(std::string_view kind, std::string text);

  // Connections begin to close because the run ends: for the time series they stay open.
  void ending() { ending_ = true; }

  void left_unanswered() { ++unanswered_; }
  void never_sent(uint64_t count) { late_sends_ += count; }

  // From any thread: the slices complete since the last call, and the index below which no more
  // will come.
  std::vector<Slice> take_slices(uint64_t& complete_below);

  // The last slice; nothing is recorded after it.
  void finish();

  // For whoever joins the thread.
  const Histogram& service() const { return service_; }
  const Histogram& connect() const { return connect_; }
  const Histogram& lag() const { return lag_; }
  uint64_t connects() const { return connects_; }
  uint64_t unanswered() const { return unanswered_; }
  uint64_t late_sends() const { return late_sends_; }
  const std::map<std::string, uint64_t>& errors() const { return errors_; }
  const std::vector<std::string>& first_errors() const { return first_errors_; }
  Time last_echo() const { return last_echo_; }

  static constexpr size_t kFirstErrorsMax = 10;  // kept in words

 private:
  void begin_slice(Time now);
  void hand_over(uint64_t next_index);

  const RunWindow& window_;
  const Duration slice_length_;
  const bool service_apart_;

  Time slice_end_ = Time::min();  // so that the first pass() looks
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
  std::vector<std::string> first_errors_;
  Time last_echo_ = Time::min();

  std::mutex mutex_;  // of what follows
  std::vector<Slice> complete_;
  uint64_t complete_below_ = 0;
};

}  // namespace echod
