// Wakes a loop's thread from another one: an eventfd(2) on which the loop waits, and the requested
// phase.
#pragma once

#include <atomic>

#include "base/error.h"
#include "engine/loop/event_loop.h"
#include "net/fd.h"
#include "net/kernel.h"

namespace echod {

class Waker {
 public:
  // `kernel` must outlive it.
  explicit Waker(Kernel& kernel) : kernel_(kernel) {}

  // Opens a non-blocking eventfd. Fails if the process is out of descriptors.
  Result<void> open();

  // The descriptor that the loop polls for readability.
  int fd() const { return fd_.get(); }

  // From any thread: requests `phase`, and wakes the loop if that is a change.
  void request(Phase phase) noexcept;

  // From any thread: wakes the loop.
  void wake() noexcept { kernel_.eventfd_write(fd_.get(), 1); }

  // On the loop's thread, after a wake-up: resets the eventfd.
  void clear() noexcept;

  // The requested phase.
  Phase requested() const noexcept { return requested_.load(std::memory_order_acquire); }

 private:
  Kernel& kernel_;
  Fd fd_;
  std::atomic<Phase> requested_{Phase::kServing};
};

}  // namespace echod
