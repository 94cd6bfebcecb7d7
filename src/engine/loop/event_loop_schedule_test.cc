// run_once_by(): a thread with a schedule of its own is never kept longer than it asked for, and
// loses nothing by coming back early.
#include <gtest/gtest.h>

#include "engine/loop/loop_test_util.h"

namespace echod {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;

class ScheduleTest : public LoopTest {
 protected:
  void SetUp() override {
    if (GetParam() == LoopKind::kBlocking) GTEST_SKIP() << "a blocking call does not come back";
    LoopTest::SetUp();
  }
};

ECHOD_ON_EVERY_LOOP(ScheduleTest);

TEST_P(ScheduleTest, ComesBackOnTimeWithNothingToDo) {
  MonotonicClock clock;
  const Time latest = clock.now() + milliseconds(5);
  do {  // a round may end early, for the loop's own events
    loop().run_once_by(latest);
  } while (clock.now() < latest);
  EXPECT_GE(loop().now(), latest - milliseconds(5));
}

TEST_P(ScheduleTest, DoesNotWaitForATimePast) {
  Task<> task = sleep_until(loop(), loop().now() + hours(1));
  task.start();
  for (int i = 0; i < 100; ++i) loop().run_once_by(loop().now() - milliseconds(1));
  EXPECT_FALSE(task.done());
  loop().request(Phase::kAborting);
  run_until([&task] { return task.done(); });
}

// A wait is finer than the timing wheel's millisecond: a hundred of a tenth of a millisecond are
// over long before a hundred ticks, on the fastest of a few attempts.
TEST_P(ScheduleTest, IsFinerThanATick) {
  MonotonicClock clock;
  Task<> task = sleep_until(loop(), loop().now() + hours(1));
  task.start();
  Duration fastest = Duration::max();
  for (int attempt = 0; attempt < 20 && fastest >= milliseconds(60); ++attempt) {
    const Time start = clock.now();
    for (int i = 0; i < 100; ++i) loop().run_once_by(clock.now() + microseconds(100));
    fastest = std::min(fastest, clock.now() - start);
  }
  EXPECT_LT(fastest, milliseconds(60));
  loop().request(Phase::kAborting);
  run_until([&task] { return task.done(); });
}

TEST_P(ScheduleTest, TimersStillEndOnTime) {
  Task<> task = sleep_until(loop(), soon());
  task.start();
  while (!task.done()) loop().run_once_by(loop().now() + hours(1));
  EXPECT_TRUE(task.result());
}

TEST_P(ScheduleTest, NewsStillEndTheWait) {
  SocketPair pair = unix_pair();
  std::unique_ptr<Socket> socket = attached(std::move(pair.near));
  Task<std::string> task = receive_text(*socket, 5);
  task.start();
  write_all(pair.far, "hello");
  while (!task.done()) loop().run_once_by(loop().now() + hours(1));
  EXPECT_EQ(task.result(), "hello");
}

}  // namespace
}  // namespace echod
