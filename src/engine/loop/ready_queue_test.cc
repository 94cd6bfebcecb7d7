// The ready queue: in order, and without operations that are added while it is processed.
#include "engine/loop/ready_queue.h"

#include <gtest/gtest.h>

namespace echod {
namespace {

TEST(ReadyQueueTest, IsFirstInFirstOut) {
  Operation first = Operation::sleep(kNever);
  Operation second = Operation::sleep(kNever);
  Operation third = Operation::sleep(kNever);
  ReadyQueue queue;
  EXPECT_TRUE(queue.empty());
  for (Operation* operation : {&first, &second, &third}) {
    queue.push(*operation);
    EXPECT_EQ(operation->state, Operation::State::kReady);
  }
  EXPECT_EQ(&queue.pop(), &first);
  queue.push(first);
  EXPECT_EQ(&queue.pop(), &second);
  EXPECT_EQ(&queue.pop(), &third);
  EXPECT_EQ(&queue.pop(), &first);
  EXPECT_TRUE(queue.empty());
}

TEST(ReadyQueueTest, WhatIsPushedMeanwhileWaitsForTheNextRound) {
  Operation first = Operation::sleep(kNever);
  Operation second = Operation::sleep(kNever);
  ReadyQueue queue;
  queue.push(first);
  queue.push(second);
  ReadyQueue round = queue.take();
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(&round.pop(), &first);
  queue.push(first);
  EXPECT_EQ(&round.pop(), &second);
  EXPECT_TRUE(round.empty());
  EXPECT_EQ(&queue.pop(), &first);
  EXPECT_TRUE(queue.empty());
}

TEST(ReadyQueueDeathTest, AnOperationIsInItOnce) {
  auto push_twice = [] {
    Operation only = Operation::sleep(kNever);
    ReadyQueue queue;
    queue.push(only);
    queue.push(only);
  };
  EXPECT_DEATH(push_twice(), "check failed");
  auto pop_nothing = [] { ReadyQueue().pop(); };
  EXPECT_DEATH(pop_nothing(), "check failed");
}

}  // namespace
}  // namespace echod
