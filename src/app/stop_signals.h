// The process's surroundings that every verb needs in order: the signals that stop it, and its
// standard streams.
#pragma once

#include <memory>

namespace echod {

// SIGTERM and SIGINT, taken by waiting for them instead of being interrupted. To be made before any
// thread is started, so that all of them leave the signals to this one.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // The next one that arrives.
  int wait() const;

  // The signal that has arrived, or 0.
  int poll() const;

 private:
  struct Set;
  std::unique_ptr<Set> set_;
};

// A standard stream that was closed (a shell's 2>&-) leaves its number to the next descriptor that
// is opened: a client's socket, which the log would then be written to. So the null device takes
// the place.
void occupy_standard_streams();

}  // namespace echod
