#include "app/stop_signals.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace echod {

struct StopSignals::Set {
  sigset_t signals;
};

StopSignals::StopSignals() : set_(std::make_unique<Set>()) {
  sigemptyset(&set_->signals);
  sigaddset(&set_->signals, SIGTERM);
  sigaddset(&set_->signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set_->signals, nullptr);
  // Writing to a closed pipe or socket is an error to look at, not a reason to die.
  signal(SIGPIPE, SIG_IGN);
}

StopSignals::~StopSignals() = default;

int StopSignals::wait() const {
  int number = 0;
  while (sigwait(&set_->signals, &number) != 0) {
  }
  return number;
}

int StopSignals::poll() const {
  timespec now{};
  int number = sigtimedwait(&set_->signals, nullptr, &now);
  return number > 0 ? number : 0;
}

void occupy_standard_streams() {
  int fd = 0;
  while (fd >= 0 && fd <= STDERR_FILENO) fd = ::open("/dev/null", O_RDWR);
  ::close(fd);
}

}  // namespace echod
