#include "base/ring_queue.h"

#include <gtest/gtest.h>

#include <deque>

namespace echod {
namespace {

TEST(RingQueueTest, FirstInFirstOut) {
  RingQueue<int> queue;
  EXPECT_TRUE(queue.empty());
  for (int i = 0; i < 100; ++i) queue.push(i);
  EXPECT_EQ(queue.size(), 100u);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(queue.front(), i);
    queue.pop();
  }
  EXPECT_TRUE(queue.empty());
}

// Grows while its contents lie across the end of its memory, whatever the fill.
TEST(RingQueueTest, AgreesWithADeque) {
  RingQueue<int> queue;
  std::deque<int> model;
  int next = 0;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < round % 7 + 1; ++i) {
      queue.push(next);
      model.push_back(next++);
    }
    for (int i = 0; i < round % 5 + 1 && !model.empty(); ++i) {
      queue.pop();
      model.pop_front();
    }
    ASSERT_EQ(queue.size(), model.size());
    for (size_t i = 0; i < model.size(); ++i) ASSERT_EQ(queue.at(i), model[i]);
  }
  queue.clear();
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace echod
