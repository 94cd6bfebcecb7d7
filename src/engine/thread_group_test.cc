// ThreadGroup: every thread is waited for and joined.
#include "engine/thread_group.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <string>

#include "net/socket_test_util.h"

namespace echod {
namespace {

Deadline in(Duration delay) { return MonotonicClock().now() + delay; }

TEST(ThreadGroupTest, RunsAndWaits) {
  std::atomic<int> ran = 0;
  ThreadGroup group("test", 0);
  EXPECT_TRUE(group.wait_all(in(Duration::zero()))) << "nothing to wait for";
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(group.start([&ran] { ++ran; }));
  }
  EXPECT_TRUE(group.wait_all(in(kPatience)));
  EXPECT_EQ(ran, 20);
}

TEST(ThreadGroupTest, AWaitEndsByItsDeadline) {
  std::latch go(1);
  ThreadGroup group("test", 0);
  ASSERT_TRUE(group.start([&go] { go.wait(); }));
  Deadline deadline = in(std::chrono::milliseconds(10));
  EXPECT_FALSE(group.wait_all(deadline));
  EXPECT_GE(MonotonicClock().now(), deadline);
  go.count_down();
  EXPECT_TRUE(group.wait_all(kNever));
}

TEST(ThreadGroupTest, ItsEndWaitsForEveryThread) {
  std::atomic<int> ran = 0;
  {
    ThreadGroup group("test", 0);
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(group.start([&ran] { ++ran; }));
    }
  }
  EXPECT_EQ(ran, 20);
}

TEST(ThreadGroupTest, LetsGoOfWhatAThreadHeldWhenItEnds) {
  auto held = std::make_shared<int>(1);
  ThreadGroup group("test", 0);
  ASSERT_TRUE(group.start([held] {}));
  EXPECT_TRUE(group.wait_all(in(kPatience)));
  EXPECT_EQ(held.use_count(), 1);
}

TEST(ThreadGroupTest, NamesItsThreadsAndSizesTheirStacks) {
  constexpr size_t kStackSize = 512 * 1024;
  size_t stack_size = 0;
  std::string name;
  {
    // The name is given by the starting thread, so it may come a moment after the body began.
    std::latch named(1);
    ThreadGroup group("echod-test", kStackSize);
    ASSERT_TRUE(group.start([&] {
      named.wait();
      std::array<char, 16> text{};
      pthread_getname_np(pthread_self(), text.data(), text.size());
      name = text.data();
      pthread_attr_t attributes;
      pthread_getattr_np(pthread_self(), &attributes);
      pthread_attr_getstacksize(&attributes, &stack_size);
      pthread_attr_destroy(&attributes);
    }));
    named.count_down();
  }
  EXPECT_EQ(name, "echod-test");
  EXPECT_GE(stack_size, kStackSize);
  EXPECT_LT(stack_size, 2 * kStackSize) << "not the system's default";
}

TEST(ThreadGroupTest, AThreadMayStartAnother) {
  std::atomic<int> ran = 0;
  ThreadGroup group("test", 0);
  ASSERT_TRUE(group.start([&] {
    EXPECT_TRUE(group.start([&ran] { ++ran; }));
    ++ran;
  }));
  EXPECT_TRUE(group.wait_all(in(kPatience)));
  EXPECT_EQ(ran, 2);
}

}  // namespace
}  // namespace echod
