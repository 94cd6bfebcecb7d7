#include "engine/waker.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

namespace echod {

Result<void> Waker::open() {
  fd_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd_.valid()) return std::unexpected(os_failure(errno));
  return {};
}

void Waker::request(Phase phase) noexcept {
  Phase current = requested_.load(std::memory_order_relaxed);
  while (current < phase) {
    if (!requested_.compare_exchange_weak(current, phase, std::memory_order_acq_rel)) continue;
    uint64_t one = 1;
    // Cannot fail but by a full counter, and then the loop is about to wake anyway.
    [[maybe_unused]] ssize_t written = ::write(fd_.get(), &one, sizeof(one));
    return;
  }
}

void Waker::clear() noexcept {
  uint64_t count;
  [[maybe_unused]] ssize_t read = ::read(fd_.get(), &count, sizeof(count));
}

}  // namespace echod
