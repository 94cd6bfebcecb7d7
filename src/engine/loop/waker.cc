#include "engine/loop/waker.h"

#include <sys/eventfd.h>

#include <cerrno>

namespace echod {

Result<void> Waker::open() {
  fd_ = Fd(kernel_.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd_.valid()) return std::unexpected(os_failure(errno));
  return {};
}

void Waker::request(Phase phase) noexcept {
  Phase current = requested_.load(std::memory_order_relaxed);
  while (current < phase) {
    if (!requested_.compare_exchange_weak(current, phase, std::memory_order_acq_rel)) continue;
    // Fails only if the counter is full, and then the loop is about to wake anyway.
    kernel_.eventfd_write(fd_.get(), 1);
    return;
  }
}

void Waker::clear() noexcept {
  uint64_t count;
  kernel_.eventfd_read(fd_.get(), &count);
}

}  // namespace echod
