// Nested deadlines: the earliest applies, and a scope that ends clears only its own.
#include "base/deadline_scope.h"

#include <gtest/gtest.h>

#include <optional>

namespace echod {
namespace {

struct Target {
  void expires_at(Deadline when) { deadline = when; }
  Deadline deadline = kNever;
};

constexpr Deadline at(int second) { return Deadline() + std::chrono::seconds(second); }

class DeadlineScopeTest : public testing::Test {
 protected:
  using Scope = DeadlineScope<Target>;

  Target target_;
  Deadlines deadlines_;
};

TEST_F(DeadlineScopeTest, HoldsWhileItLives) {
  {
    Scope scope(target_, deadlines_, at(5));
    EXPECT_EQ(target_.deadline, at(5));
  }
  EXPECT_EQ(target_.deadline, kNever);
}

TEST_F(DeadlineScopeTest, TheEarliestCounts) {
  Scope outer(target_, deadlines_, at(5));
  {
    Scope later(target_, deadlines_, at(9));
    EXPECT_EQ(target_.deadline, at(5)) << "an inner layer cannot extend the outer's";
  }
  EXPECT_EQ(target_.deadline, at(5));
  {
    Scope earlier(target_, deadlines_, at(2));
    EXPECT_EQ(target_.deadline, at(2));
  }
  EXPECT_EQ(target_.deadline, at(5)) << "an inner layer clears its own alone";
}

TEST_F(DeadlineScopeTest, NeverIsNoDeadline) {
  Scope outer(target_, deadlines_, at(5));
  Scope inner(target_, deadlines_, kNever);
  EXPECT_EQ(target_.deadline, at(5));
}

TEST_F(DeadlineScopeTest, TheyMayEndInAnyOrder) {
  std::optional<Scope> first(std::in_place, target_, deadlines_, at(3));
  std::optional<Scope> second(std::in_place, target_, deadlines_, at(2));
  std::optional<Scope> third(std::in_place, target_, deadlines_, at(4));
  second.reset();
  EXPECT_EQ(target_.deadline, at(3));
  first.reset();
  EXPECT_EQ(target_.deadline, at(4));
  third.reset();
  EXPECT_EQ(target_.deadline, kNever);
}

}  // namespace
}  // namespace echod
