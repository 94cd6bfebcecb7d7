// Time for tests.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/timer.h"

namespace echod {

// A clock that moves when it is told to.
class FakeClock final : public Timer {
 public:
  Time now() const override { return now_; }
  void advance(Duration duration) { now_ += duration; }

  // Nothing else can happen meanwhile, so it is that time at once.
  Task<> sleep_until(Time until) override {
    ++sleeps_;
    now_ = std::max(now_, until);
    co_return;
  }
  size_t sleeps() const { return sleeps_; }

 private:
  Time now_{std::chrono::hours(1)};
  size_t sleeps_ = 0;
};

}  // namespace echod
