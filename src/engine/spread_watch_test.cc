#include "engine/spread_watch.h"

#include <gtest/gtest.h>

namespace echod {
namespace {

TEST(SpreadWatchTest, GivesUpWhenOneLoopIsOverloadedAndAnotherIdles) {
  SpreadWatch watch(2);
  EXPECT_FALSE(watch.report(1, 0.05, 0));
  EXPECT_TRUE(watch.report(0, 0.95, 50));
  EXPECT_TRUE(watch.given_up());
  EXPECT_TRUE(watch.report(0, 0.1, 1)) << "for good";
}

TEST(SpreadWatchTest, KeepsToItWhenAllAreBusyOrAllIdle) {
  SpreadWatch watch(2);
  EXPECT_FALSE(watch.report(0, 0.95, 50));
  EXPECT_FALSE(watch.report(1, 0.9, 50));
  EXPECT_FALSE(watch.report(0, 0.2, 50));
  EXPECT_FALSE(watch.report(1, 0.1, 50));
}

TEST(SpreadWatchTest, ALoopThatHasNotReportedDoesNotCountAsIdle) {
  SpreadWatch watch(2);
  EXPECT_FALSE(watch.report(0, 0.95, 50));
}

TEST(SpreadWatchTest, AFewConnectionsCannotBeSpread) {
  SpreadWatch watch(2);
  EXPECT_FALSE(watch.report(1, 0.0, 0));
  EXPECT_FALSE(watch.report(0, 1.0, 15));
  EXPECT_TRUE(watch.report(0, 1.0, 16));
}

}  // namespace
}  // namespace echod
