// Nursery: tasks beside the coroutine that owns them, waited for together.
#include "base/nursery.h"

#include <gtest/gtest.h>

#include <array>

#include "base/task_test_util.h"

namespace echod {
namespace {

constexpr size_t kChildren = 3;

Task<> child(Gate& gate, bool fails, int& ended) {
  Counted local(1);
  co_await gate.pass();
  if (fails) co_await failed(kTestFailure);
  ++ended;
}

Task<> child_at_once(bool fails, int& ended) {
  Counted local(1);
  if (fails) co_await failed(kTestFailure);
  ++ended;
  co_return;
}

Task<> join(Nursery& nursery, bool& joined) {
  co_await nursery.join();
  joined = true;
}

class NurseryTest : public testing::Test {
 protected:
  void SetUp() override { Counted::reset(); }
  void TearDown() override { EXPECT_EQ(Counted::alive(), 0); }

  std::array<Gate, kChildren> gates_;
  int ended_ = 0;
  bool joined_ = false;
};

TEST_F(NurseryTest, JoinsAtOnceWhenEmpty) {
  Nursery nursery;
  Task<> joining = join(nursery, joined_);
  joining.start();
  EXPECT_TRUE(joined_);
  EXPECT_TRUE(joining.done());
}

TEST_F(NurseryTest, ATaskThatEndsAtOnceIsGone) {
  Nursery nursery;
  nursery.spawn(child_at_once(false, ended_));
  nursery.spawn(child_at_once(true, ended_));
  EXPECT_EQ(ended_, 1);
  EXPECT_EQ(nursery.size(), 0u);
  EXPECT_EQ(Counted::alive(), 0);
}

TEST_F(NurseryTest, JoinWaitsForEveryTask) {
  Nursery nursery;
  for (Gate& gate : gates_) nursery.spawn(child(gate, false, ended_));
  EXPECT_EQ(nursery.size(), kChildren);
  Task<> joining = join(nursery, joined_);
  joining.start();
  EXPECT_FALSE(joined_);
  gates_[1].open();
  gates_[0].open();
  EXPECT_FALSE(joined_);
  EXPECT_EQ(nursery.size(), 1u);
  EXPECT_EQ(Counted::alive(), 1) << "an ended task's frame is freed at once";
  gates_[2].open();
  EXPECT_TRUE(joined_);
  EXPECT_EQ(ended_, 3);
}

TEST_F(NurseryTest, AFailedTaskEndsLikeAnyOther) {
  Nursery nursery;
  nursery.spawn(child(gates_[0], true, ended_));
  nursery.spawn(child(gates_[1], false, ended_));
  Task<> joining = join(nursery, joined_);
  joining.start();
  gates_[0].open();
  EXPECT_EQ(Counted::alive(), 1);
  EXPECT_FALSE(joined_);
  gates_[1].open();
  EXPECT_TRUE(joined_);
  EXPECT_EQ(ended_, 1);
}

Task<> child_that_spawns(Nursery& nursery, Gate& own, Gate& other, int& ended) {
  co_await own.pass();
  nursery.spawn(child(other, false, ended));
  ++ended;
}

TEST_F(NurseryTest, JoinWaitsForTasksSpawnedMeanwhile) {
  Nursery nursery;
  nursery.spawn(child_that_spawns(nursery, gates_[0], gates_[1], ended_));
  Task<> joining = join(nursery, joined_);
  joining.start();
  gates_[0].open();
  EXPECT_FALSE(joined_);
  EXPECT_EQ(nursery.size(), 1u);
  gates_[1].open();
  EXPECT_TRUE(joined_);
}

// As a server does: the nursery lives in the frame of the coroutine that joins it, which ends as
// soon as the last task has.
Task<int> owner(std::array<Gate, kChildren>& gates, int& ended) {
  Nursery nursery;
  for (Gate& gate : gates) nursery.spawn(child(gate, false, ended));
  co_await nursery.join();
  co_return ended;
}

TEST_F(NurseryTest, MayDieInTheCoroutineThatJoinedIt) {
  Task<int> task = owner(gates_, ended_);
  task.start();
  for (Gate& gate : gates_) gate.open();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.result(), 3);
}

Task<> joins_twice(Nursery& nursery, Gate& gate, int& ended, bool& joined) {
  nursery.spawn(child(gate, false, ended));
  co_await nursery.join();
  nursery.spawn(child(gate, false, ended));
  co_await nursery.join();
  joined = true;
}

TEST_F(NurseryTest, CanBeUsedAgainAfterAJoin) {
  Nursery nursery;
  Task<> task = joins_twice(nursery, gates_[0], ended_, joined_);
  task.start();
  gates_[0].open();
  EXPECT_FALSE(joined_);
  gates_[0].open();
  EXPECT_TRUE(joined_);
}

TEST(NurseryDeathTest, MustNotDieBeforeItsTasks) {
  auto die_early = [] {
    Gate gate;
    int ended = 0;
    Nursery nursery;
    nursery.spawn(child(gate, false, ended));
  };
  EXPECT_DEATH(die_early(), "check failed");
}

}  // namespace
}  // namespace echod
