// Deadlines: what "no limit" and very long delays become.
#include "base/clock.h"

#include <gtest/gtest.h>

namespace echod {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr Time kNow = Time(hours(1000));

TEST(ClockTest, ADeadlineIsADelayFromNow) {
  EXPECT_EQ(deadline_after(kNow, milliseconds(5)), kNow + milliseconds(5));
  EXPECT_EQ(deadline_after(kNow, nanoseconds(1)), kNow + nanoseconds(1));
}

TEST(ClockTest, ZeroMeansNoLimit) {
  EXPECT_EQ(deadline_after(kNow, Duration::zero()), kNever);
  EXPECT_EQ(deadline_after(kNow, nanoseconds(-1)), kNever);
  EXPECT_EQ(deadline_after(kNow, Duration::min()), kNever);
}

TEST(ClockTest, DelaysThatReachTheEndOfTimeDoNotOverflow) {
  EXPECT_EQ(deadline_after(kNow, Duration::max()), kNever);
  EXPECT_EQ(deadline_after(kNow, kNever - kNow + nanoseconds(1)), kNever);
  EXPECT_EQ(deadline_after(kNow, kNever - kNow), kNever);
  EXPECT_EQ(deadline_after(kNow, kNever - kNow - nanoseconds(1)), kNever - nanoseconds(1));
  EXPECT_EQ(deadline_after(Time(), Duration::max()), kNever);
}

TEST(ClockTest, TheMonotonicClockNeverGoesBack) {
  MonotonicClock clock;
  Time last = clock.now();
  for (int i = 0; i < 1000; ++i) {
    Time now = clock.now();
    EXPECT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace echod
