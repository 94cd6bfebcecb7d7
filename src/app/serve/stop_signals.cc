#include "app/serve/stop_signals.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace echod {

struct StopSignals::Set {
  sigset_t stopping;
  sigset_t signals;  // all of them
};

StopSignals::StopSignals(bool serving) : set_(std::make_unique<Set>()) {
  sigemptyset(&set_->stopping);
  sigaddset(&set_->stopping, SIGTERM);
  sigaddset(&set_->stopping, SIGINT);
  set_->signals = set_->stopping;
  if (serving) {
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
  constexpr timespec kNow{};
  // The kernel delivers the lowest number first, and SIGHUP is 1.
  int number = sigtimedwait(&set_->stopping, nullptr, &kNow);
  if (number < 0) number = sigtimedwait(&set_->signals, nullptr, &wait);
  return number > 0 ? number : 0;
}

StopSignals::Request StopSignals::what_is_asked(int number) {
  switch (number) {
    case SIGTERM:
    case SIGINT:
      return Request::kStop;
    case SIGHUP:
      return Request::kReload;
    case SIGUSR1:
      return Request::kReopen;
    default:
      return Request::kNone;
  }
}

void remove_orphans_if_first() {
  if (::getpid() != 1) return;
  struct sigaction action{};
  action.sa_handler = SIG_IGN;
  action.sa_flags = SA_NOCLDWAIT;
  ::sigaction(SIGCHLD, &action, nullptr);
}

void occupy_standard_streams() {
  int fd = 0;
  while (fd >= 0 && fd <= STDERR_FILENO) fd = ::open("/dev/null", O_RDWR);
  ::close(fd);
}

}  // namespace echod
