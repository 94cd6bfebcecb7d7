// Process setup for every verb: the signals that stop it, and its standard streams.
#pragma once

#include <memory>

#include "base/clock.h"

namespace echod {

// Receives SIGTERM and SIGINT synchronously, without signal handlers. Create it before any thread
// is started, so that all threads inherit the blocked signals.
class StopSignals {
 public:
  // `reopening`: also receives SIGHUP and SIGUSR1, which request that log files be reopened.
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

// Opens /dev/null for each closed standard stream (a shell's 2>&-). Otherwise its number would go
// to the next descriptor, such as a client's socket, and the log would be written to that.
void occupy_standard_streams();

}  // namespace echod
