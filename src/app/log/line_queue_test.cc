// LineQueue: lines come out in order, the oldest make room, and every one is counted.
#include "app/log/line_queue.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace echod {
namespace {

TEST(LineQueueTest, LinesComeOutInOrder) {
  LineQueue queue(3);
  for (const char* line : {"a", "b", "c"}) queue.put(line);
  EXPECT_EQ(queue.take(), "a");
  queue.put("d");
  queue.close();
  for (const char* line : {"b", "c", "d"}) EXPECT_EQ(queue.take(), line);
  EXPECT_EQ(queue.take(), std::nullopt);
  EXPECT_EQ(queue.dropped(), 0u);
}

TEST(LineQueueTest, TheOldestMakeRoom) {
  LineQueue queue(2);
  for (int i = 0; i < 7; ++i) queue.put(std::to_string(i));
  queue.close();
  EXPECT_EQ(queue.dropped(), 5u);
  EXPECT_EQ(queue.take(), "5");
  EXPECT_EQ(queue.take(), "6");
  EXPECT_EQ(queue.take(), std::nullopt);
}

TEST(LineQueueTest, EveryLineIsTakenOrCounted) {
  constexpr uint64_t kThreads = 4;
  constexpr uint64_t kLines = 10'000;
  LineQueue queue(16);
  uint64_t taken = 0;
  std::thread taker([&] {
    while (queue.take()) ++taken;
  });
  std::vector<std::thread> putters;
  for (uint64_t i = 0; i < kThreads; ++i) {
    putters.emplace_back([&] {
      for (uint64_t n = 0; n < kLines; ++n) queue.put("line");
    });
  }
  for (std::thread& putter : putters) putter.join();
  queue.close();
  taker.join();
  EXPECT_EQ(taken + queue.dropped(), kThreads * kLines);
}

}  // namespace
}  // namespace echod
