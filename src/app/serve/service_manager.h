// The protocol of service managers, as sd_notify(3) and sd_watchdog_enabled(3) describe it: a
// datagram of assignments ("READY=1") to a Unix socket whose name is in NOTIFY_SOCKET. systemd,
// s6 (by a relay), podman and others implement it. It is this small, so it needs no library, and a
// static binary has none.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/fd.h"

namespace echod {

class ServiceManager {
 public:
  // Without a manager: every call does nothing.
  ServiceManager() = default;

  // The manager named by NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, if there is one. Removes
  // the variables, which are for this process alone; call it while there is one thread. The error
  // is a line for people: the service works, but its manager will not hear of it.
  static std::expected<ServiceManager, std::string> from_environment();

  bool present() const { return !name_.empty(); }

  // Ready to serve. `status` is a line for people, as for the other calls.
  void ready(std::string_view status);

  // Reads the configuration anew; ready() follows.
  void reloading();

  // Will end.
  void stopping(std::string_view status);

  void status(std::string_view status);

  // Everything works. The manager ends a service from which this does not come in time.
  void alive();

  // A stop may take `time` from now; repeated while it lasts.
  void extend_timeout(Duration time);

  // How long the manager waits for alive(); zero: it does not expect it. Call it at least twice as
  // often.
  Duration watchdog_period() const { return watchdog_period_; }

 private:
  // A manager that does not read is not waited for longer than this.
  static constexpr Duration kPatience = std::chrono::seconds(1);

  // `must_arrive`: waits for a full socket. Errors are ignored: the manager is gone, or will
  // notice.
  void send(std::string_view assignments, bool must_arrive);

  std::string name_;  // empty: there is no manager
  Fd socket_;         // connected to it; again when it was restarted
  Duration watchdog_period_ = Duration::zero();
};

}  // namespace echod
