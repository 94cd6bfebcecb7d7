// Process setup for every verb: the signals that stop it, and its standard streams.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"

namespace echod {

// Receives SIGTERM and SIGINT synchronously, without signal handlers. Create it before any thread
// is started, so that all threads inherit the blocked signals.
class StopSignals {
 public:
  // `serving`: also receives SIGHUP and SIGUSR1, which do not stop a server (what_is_asked()).
  explicit StopSignals(bool serving = false);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // The next one that arrives within `timeout`, or 0. Those that stop come first, so that no flood
  // of others can keep a server from ending.
  int wait_for(Duration timeout) const;

  // The signal that has arrived, or 0.
  int poll() const { return wait_for(Duration::zero()); }

  // What a signal asks of a server. As with nginx, reading the configuration anew includes opening
  // the log files anew; for log rotation there is a signal that does the latter alone.
  enum class Request : uint8_t {
    kNone,    // no signal
    kStop,    // SIGTERM, SIGINT
    kReload,  // SIGHUP
    kReopen,  // SIGUSR1
  };
  static Request what_is_asked(int number);

 private:
  struct Set;
  std::unique_ptr<Set> set_;
};

// If this process is the first one of a container, it inherits every orphan there: makes the kernel
// remove those when they end, since nothing else would. Does nothing in any other process.
void remove_orphans_if_first();

// Opens /dev/null for each closed standard stream (a shell's 2>&-). Otherwise its number would go
// to the next descriptor, such as a client's socket, and the log would be written to that.
void occupy_standard_streams();

}  // namespace echod
