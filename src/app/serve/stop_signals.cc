#include "app/serve/stop_signals.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace echod {

struct StopSignals::Set {
  sigset_t signals;
};

StopSignals::StopSignals(bool reopening) : set_(std::make_unique<Set>()) {
  sigemptyset(&set_->signals);
  sigaddset(&set_->signals, SIGTERM);
  sigaddset(&set_->signals, SIGINT);
  if (reopening) {
    sigaddset(&set_->signals, SIGHUP);
    sigaddset(&set_->signals, SIGUSR1);
  }
  pthread_sigmask(SIG_BLOCK, &set_->signals, nullptr);
  // Writing to a closed pipe or socket must return an error, not end the process.
  signal(SIGPIPE, SIG_IGN);
}

StopSignals::~StopSignals() = default;

int StopSignals::wait_for(Duration timeout) const {
  constexpr int64_t kSecond = 1'000'000'000;
  const timespec wait{.tv_sec = timeout.count() / kSecond, .tv_nsec = timeout.count() % kSecond};
  const int number = sigtimedwait(&set_->signals, nullptr, &wait);
  return number > 0 ? number : 0;
}

bool StopSignals::asks_to_reopen(int number) { return number == SIGHUP || number == SIGUSR1; }

void occupy_standard_streams() {
  int fd = 0;
  while (fd >= 0 && fd <= STDERR_FILENO) fd = ::open("/dev/null", O_RDWR);
  ::close(fd);
}

}  // namespace echod
