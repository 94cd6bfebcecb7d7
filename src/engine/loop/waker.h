// Wakes a loop's thread from another one: an eventfd(2) the loop waits on, and the phase it is
// asked to move to.
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

  // Opens the eventfd; not blocking. Fails when the process is out of descriptors.
  Result<void> open();

  // What the loop waits on for readability.
  int fd() const { return fd_.get(); }

  // From any thread: asks for `phase`, and wakes the loop if that is news.
  void request(Phase phase) noexcept;

  // On the loop's thread, after a wake-up: empties the eventfd.
  void clear() noexcept;

  // The phase last asked for.
  Phase requested() const noexcept { return requested_.load(std::memory_order_acquire); }

 private:
  Kernel& kernel_;
  Fd fd_;
  std::atomic<Phase> requested_{Phase::kServing};
};

}  // namespace echod
