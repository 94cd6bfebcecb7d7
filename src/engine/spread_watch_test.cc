#include "engine/spread_watch.h"

#include <gtest/gtest.h>

namespace echod {
namespace {

// Three reports of loop 0; returns what the last one says.
bool report_thrice(SpreadWatch& watch, double busy, size_t connections) {
  EXPECT_FALSE(watch.report(0, busy, connections));
  EXPECT_FALSE(watch.report(0, busy, connections));
  return watch.report(0, busy, connections);
}

TEST(SpreadWatchTest, GivesUpWhenOneLoopIsOverloadedAndAnotherIdles) {
  SpreadWatch watch(2);
  EXPECT_FALSE(watch.report(1, 0.05, 0));
  EXPECT_TRUE(report_thrice(watch, 0.95, 50));
  EXPECT_TRUE(watch.preference_dropped());
  EXPECT_TRUE(watch.report(0, 0.1, 1)) << "for good";
}

TEST(SpreadWatchTest, AMomentIsNoReason) {
  SpreadWatch watch(2);
  EXPECT_FALSE(watch.report(1, 0.05, 0));
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(watch.report(0, 0.95, 50));
    EXPECT_FALSE(watch.report(0, 0.95, 50));
    EXPECT_FALSE(watch.report(0, 0.5, 50));
  }
}

TEST(SpreadWatchTest, KeepsToItWhenAllAreBusyOrAllIdle) {
  SpreadWatch busy(2);
  EXPECT_FALSE(busy.report(1, 0.9, 50));
  EXPECT_FALSE(report_thrice(busy, 0.95, 50));
  SpreadWatch idle(2);
  EXPECT_FALSE(idle.report(1, 0.1, 50));
  EXPECT_FALSE(report_thrice(idle, 0.2, 50));
}

TEST(SpreadWatchTest, ALoopThatHasNotReportedDoesNotCountAsIdle) {
  SpreadWatch watch(2);
  EXPECT_FALSE(report_thrice(watch, 0.95, 50));
}

TEST(SpreadWatchTest, AFewConnectionsCannotBeSpread) {
  SpreadWatch watch(2);
  EXPECT_FALSE(watch.report(1, 0.0, 0));
  EXPECT_FALSE(report_thrice(watch, 1.0, 15));
  EXPECT_TRUE(report_thrice(watch, 1.0, 16));
}

}  // namespace
}  // namespace echod
