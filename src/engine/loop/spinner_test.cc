#include "engine/loop/spinner.h"

#include <gtest/gtest.h>

#include <thread>

#include "net/socket_test_util.h"

namespace echod {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST(SpinnerTest, BusyPollsOnlyAfterAShortSleep) {
  Spinner spinner(microseconds(50));
  EXPECT_FALSE(spinner.worthwhile());
  spinner.slept(milliseconds(1));
  EXPECT_FALSE(spinner.worthwhile());
  spinner.slept(microseconds(50));
  EXPECT_TRUE(spinner.worthwhile());
}

TEST(SpinnerTest, StopsAfterUnsuccessfulBusyPolls) {
  Spinner spinner(microseconds(50));
  spinner.slept(microseconds(1));
  int polls = 0;
  while (spinner.worthwhile() && polls < 1000) {
    spinner.polled(false);
    ++polls;
  }
  EXPECT_EQ(polls, 8);
  spinner.slept(microseconds(1));
  for (int i = 0; i < 100; ++i) {
    spinner.polled(false);
    spinner.polled(true);
  }
  EXPECT_TRUE(spinner.worthwhile());
}

TEST(SpinnerTest, NeverWhenSwitchedOff) {
  Spinner spinner(Duration::zero());
  EXPECT_FALSE(spinner.enabled());
  spinner.slept(microseconds(1));
  EXPECT_FALSE(spinner.worthwhile());
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
    ASSERT_TRUE(spinner.worthwhile());
    spinner.became_ready(pair.near.get());
    EXPECT_FALSE(spinner.worthwhile());
    spinner.slept(microseconds(1));
    EXPECT_FALSE(spinner.worthwhile());
  });
  thread.join();
}

}  // namespace
}  // namespace echod
