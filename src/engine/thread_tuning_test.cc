#include "engine/thread_tuning.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>

#include <thread>

#include "net/socket_options.h"

namespace echod {
namespace {

TEST(ThreadTuningTest, PinsToOneUsableProcessorEach) {
  const unsigned processors = usable_processors();
  for (unsigned index = 0; index < processors + 1; ++index) {
    std::thread([index, processors] {
      ASSERT_TRUE(pin_this_thread(index));
      EXPECT_EQ(usable_processors(), 1u);
      const int first = ::sched_getcpu();
      ASSERT_TRUE(pin_this_thread(index + processors));  // of the one that is left
      EXPECT_EQ(::sched_getcpu(), first);
    }).join();
  }
}

TEST(ThreadTuningTest, AsksForNoTimerSlack) {
  std::thread([] {
    wake_on_time();
    EXPECT_EQ(::prctl(PR_GET_TIMERSLACK), 1);
  }).join();
}

}  // namespace
}  // namespace echod
