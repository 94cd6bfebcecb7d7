// The process's surroundings that every verb needs in order: the signals that stop it, and its
// standard streams.
#pragma once

#include <memory>

#include "base/clock.h"

namespace echod {

// SIGTERM and SIGINT, taken by waiting for them instead of being interrupted. To be made before any
// thread is started, so that all of them leave the signals to this one.
class StopSignals {
 public:
  // `reopening`: SIGHUP and SIGUSR1 too, which ask for log files to be opened again.
  explicit StopSignals(bool reopening = false);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // The next one that arrives within `timeout`, or 0.
  int wait_for(Duration timeout) const;

  // The signal that has arrived, or 0.
  int poll() const { return wait_for(Duration::zero()); }

  static bool asks_to_reopen(int number);

 private:
  struct Set;
  std::unique_ptr<Set> set_;
};

// A standard stream that was closed (a shell's 2>&-) leaves its number to the next descriptor that
// is opened: a client's socket, which the log would then be written to. So the null device takes
// the place.
void occupy_standard_streams();

}  // namespace echod
