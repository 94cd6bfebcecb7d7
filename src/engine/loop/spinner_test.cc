#include "engine/loop/spinner.h"

#include <gtest/gtest.h>

#include <thread>

#include "net/socket_test_util.h"

namespace echod {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

const Time kStart{};

// A busy-poll of `length`, from `begin`.
void poll(Spinner& spinner, bool ready, Duration length = microseconds(50), Time begin = kStart) {
  spinner.polled(begin, begin + length, ready);
}

TEST(SpinnerTest, BusyPollsOnlyAfterAShortSleep) {
  Spinner spinner(microseconds(50));
  EXPECT_FALSE(spinner.worthwhile(kStart));
  spinner.slept(milliseconds(1));
  EXPECT_FALSE(spinner.worthwhile(kStart));
  spinner.slept(microseconds(50));
  EXPECT_TRUE(spinner.worthwhile(kStart));
}

TEST(SpinnerTest, StopsAfterUnsuccessfulBusyPolls) {
  Spinner spinner(microseconds(50));
  spinner.slept(microseconds(1));
  int polls = 0;
  while (spinner.worthwhile(kStart) && polls < 1000) {
    poll(spinner, false);
    ++polls;
  }
  EXPECT_EQ(polls, 8);
  spinner.slept(microseconds(1));
  for (int i = 0; i < 100; ++i) {
    poll(spinner, false);
    poll(spinner, true);
  }
  EXPECT_TRUE(spinner.worthwhile(kStart));
}

// Something else ran on the CPU for half of the time, milliseconds at once.
TEST(SpinnerTest, PausesWhereOthersWantTheCpu) {
  Spinner spinner(microseconds(50));
  Time now = kStart;
  for (int i = 0; i < 100; ++i) {
    const Duration length = i % 10 == 0 ? milliseconds(3) : microseconds(333);
    poll(spinner, true, length, now);
    now += length;
  }
  EXPECT_FALSE(spinner.worthwhile(now));
  EXPECT_TRUE(spinner.worthwhile(now + std::chrono::seconds(1))) << "tries again";
}

TEST(SpinnerTest, OrdinaryInterruptionsAreNoReasonToPause) {
  Spinner spinner(microseconds(50));
  Time now = kStart;
  for (int i = 0; i < 10'000; ++i) {
    const Duration length = i % 1000 == 0 ? milliseconds(3) : microseconds(90);
    poll(spinner, true, length, now);
    now += length;
    ASSERT_TRUE(spinner.worthwhile(now));
  }
}

TEST(SpinnerTest, NeverWhenSwitchedOff) {
  Spinner spinner(Duration::zero());
  EXPECT_FALSE(spinner.enabled());
  spinner.slept(microseconds(1));
  EXPECT_FALSE(spinner.worthwhile(kStart));
}

// The packets of a loopback connection are received on the CPU of their sender.
TEST(SpinnerTest, NeverIfItsOwnCpuReceivesThePackets) {
  int here = usable_processors().front();
  std::thread thread([here] {
    ASSERT_TRUE(pin_this_thread(here));
    SocketPair pair = tcp_pair();
    write_all(pair.far, "x");
    ASSERT_EQ(incoming_processor(pair.near.get()), here);
    Spinner spinner(microseconds(50));
    spinner.slept(microseconds(1));
    ASSERT_TRUE(spinner.worthwhile(kStart));
    spinner.became_ready(pair.near.get());
    EXPECT_FALSE(spinner.worthwhile(kStart));
    spinner.slept(microseconds(1));
    EXPECT_FALSE(spinner.worthwhile(kStart));
  });
  thread.join();
}

}  // namespace
}  // namespace echod
