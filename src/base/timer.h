// A clock that can also be waited for, and what shares a thread fairly by it.
#pragma once

#include "base/clock.h"
#include "base/task.h"

namespace echod {

class Timer : public Clock {
 public:
  // Ends at `until` or a little later; where that is past, when everything else that is ready had
  // its turn. Fails with kAborted when the keeper of the time gives up what waits before.
  virtual Task<> sleep_until(Time until) = 0;

  // Lets everything else that is ready have its turn.
  Task<> yield() { return sleep_until(Time::min()); }

  // The time as it is: now() of an event loop is the time its round began. Costs a clock reading.
  virtual Time precise_now() const { return now(); }
};

// A stretch of work for one client, after which the others on its thread get their turn:
//
//   TimeSlice slice(timer);
//   while (...) {
//     ... a step of at most some 100 us ...
//     if (slice.over()) co_await slice.renew();
//   }
class TimeSlice {
 public:
  // With steps of up to half a millisecond no turn is longer than one.
  static constexpr Duration kLength = std::chrono::microseconds(500);

  // `timer` must outlive it.
  explicit TimeSlice(Timer& timer) : timer_(timer), end_(timer.precise_now() + kLength) {}

  bool over() const { return timer_.precise_now() >= end_; }

  // Yields, and begins a new slice. Fails as Timer::yield() does.
  Task<> renew() {
    co_await timer_.yield();
    end_ = timer_.precise_now() + kLength;
  }

 private:
  Timer& timer_;
  Time end_;
};

}  // namespace echod
