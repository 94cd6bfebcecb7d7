// A coroutine awaits an Event until other code on the same thread wakes it. All code that sleeps
// this way uses this awaiter; waiting for the operating system is an Operation.
//
//   while (!ready) co_await event.wait();
//
//   ready = true;
//   event.wake();
#pragma once

#include <coroutine>
#include <utility>

#include "base/check.h"

namespace echod {

// One waiter at a time.
class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { ECHOD_CHECK(!waiter_); }

  struct [[nodiscard]] Waiting {
    Event& event;
    bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept {
      ECHOD_CHECK(!event.waiter_);
      event.waiter_ = waiter;
    }
    void await_resume() noexcept {}
  };

  // `co_await event.wait()`: sleeps until the next wake(). It has no memory and no deadline: a wake
  // before it is lost, so look first at what is waited for.
  Waiting wait() { return Waiting{*this}; }

  // Resumes the waiter, if there is one, on this stack. It may destroy the event.
  void wake() {
    if (waiter_) std::exchange(waiter_, nullptr).resume();
  }

  bool has_waiter() const { return static_cast<bool>(waiter_); }

 private:
  std::coroutine_handle<> waiter_;
};

}  // namespace echod
