#include "base/memory_budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace echod {
namespace {

TEST(MemoryBudgetTest, GivesNoMoreThanItHas) {
  MemoryBudget budget(100);
  MemoryLease first(&budget);
  MemoryLease second(&budget);
  EXPECT_TRUE(first.grow_to(60));
  EXPECT_FALSE(second.grow_to(41));
  EXPECT_EQ(second.size(), 0u);
  EXPECT_TRUE(second.grow_to(40));
  EXPECT_FALSE(first.grow_to(61));
  EXPECT_EQ(budget.used(), 100u);
  EXPECT_EQ(budget.refusals(), 2u);
}

TEST(MemoryBudgetTest, ALoweredLimitTakesNothingBack) {
  MemoryBudget budget(100);
  MemoryLease lease(&budget);
  EXPECT_TRUE(lease.grow_to(60));
  budget.set_size_max(50);
  EXPECT_FALSE(lease.grow_to(61));
  EXPECT_EQ(lease.size(), 60u);
  lease.release();
  EXPECT_TRUE(lease.grow_to(50));
  budget.set_size_max(100);
  EXPECT_TRUE(lease.grow_to(100));
}

TEST(MemoryBudgetTest, TakesTheDifferenceWhenALeaseGrows) {
  MemoryBudget budget(100);
  MemoryLease lease(&budget);
  EXPECT_TRUE(lease.grow_to(60));
  EXPECT_TRUE(lease.grow_to(100));
  EXPECT_TRUE(lease.grow_to(10));  // it does not shrink
  EXPECT_EQ(budget.used(), 100u);
}

TEST(MemoryBudgetTest, HasEverythingBackWhenLeasesGo) {
  MemoryBudget budget(100);
  {
    MemoryLease lease(&budget);
    EXPECT_TRUE(lease.grow_to(60));
    MemoryLease moved = std::move(lease);
    EXPECT_EQ(moved.size(), 60u);
    MemoryLease assigned(&budget);
    EXPECT_TRUE(assigned.grow_to(40));
    assigned = std::move(moved);
  }
  EXPECT_EQ(budget.used(), 0u);
}

TEST(MemoryBudgetTest, RefusesWhatNoSumCanHold) {
  MemoryBudget budget(100);
  MemoryLease lease(&budget);
  EXPECT_FALSE(lease.grow_to(SIZE_MAX));
  EXPECT_TRUE(MemoryLease().grow_to(SIZE_MAX)) << "without a budget there is no limit";
}

TEST(MemoryBudgetTest, IsExactOverThreads) {
  MemoryBudget budget(1000);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&budget] {
      for (int round = 0; round < 10'000; ++round) {
        MemoryLease lease(&budget);
        (void)lease.grow_to(300);
        EXPECT_LE(budget.used(), 1000u);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(budget.used(), 0u);
}

}  // namespace
}  // namespace echod
