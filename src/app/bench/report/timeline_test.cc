#include "app/bench/report/timeline.h"

#include <gtest/gtest.h>

namespace echod {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Slice slice(uint64_t index, uint64_t messages, uint64_t latency, uint64_t connections = 1) {
  Slice slice;
  slice.index = index;
  slice.messages = messages;
  slice.bytes = messages * 10;
  slice.connections = connections;
  slice.latency.record(latency, messages);
  return slice;
}

TEST(TimelineTest, AddsUpThreadsAndSlices) {
  Timeline timeline(seconds(1), 2, 2);  // slices of half a second, two threads
  timeline.add(0, slice(0, 10, 1000));
  timeline.add(1, slice(0, 20, 3000, 5));
  timeline.add(0, slice(1, 30, 1000, 2));
  timeline.add(1, slice(1, 1, 9000, 6));
  timeline.add(0, slice(2, 7, 2000, 3));
  const std::vector<BenchInterval> intervals = timeline.finish(milliseconds(1500));
  ASSERT_EQ(intervals.size(), 2u);
  EXPECT_EQ(intervals[0].messages, 61u);
  EXPECT_EQ(intervals[0].bytes, 610u);
  EXPECT_EQ(intervals[0].connections, 8u);
  EXPECT_DOUBLE_EQ(intervals[0].length_s, 1);
  EXPECT_NEAR(static_cast<double>(intervals[0].p50_ns), 1000, 1);
  EXPECT_NEAR(static_cast<double>(intervals[0].max_ns), 9000, 9);
  EXPECT_FALSE(intervals[0].latency.empty());
  EXPECT_EQ(intervals[1].messages, 7u);
  EXPECT_EQ(intervals[1].connections, 9u);  // of the silent thread, as last heard
  EXPECT_DOUBLE_EQ(intervals[1].start_s, 1);
  EXPECT_DOUBLE_EQ(intervals[1].length_s, 0.5);
  EXPECT_EQ(timeline.messages(), 68u);
  EXPECT_EQ(timeline.bytes(), 680u);
  EXPECT_EQ(timeline.latency().count(), 68u);
}

TEST(TimelineTest, StepsSettleWhenAllThreadsHavePassedThem) {
  Timeline timeline(seconds(1), 2, 1);
  timeline.add(0, slice(0, 10, 1000));
  timeline.complete(1);
  EXPECT_EQ(timeline.last_complete().messages, 0u);
  timeline.add(0, slice(1, 10, 1000));
  timeline.complete(2);
  EXPECT_EQ(timeline.last_complete().messages, 20u);
  EXPECT_NEAR(static_cast<double>(timeline.last_complete().p50_ns), 1000, 1);
}

TEST(TimelineTest, WhatCameBackAfterTheEndCountsForTheLastStep) {
  Timeline timeline(seconds(1), 1, 1);
  timeline.add(0, slice(0, 10, 1000));
  timeline.add(0, slice(1, 10, 1000));
  timeline.add(0, slice(2, 3, 5000));
  timeline.add(0, slice(3, 2, 7000));
  const std::vector<BenchInterval> intervals = timeline.finish(seconds(2));
  ASSERT_EQ(intervals.size(), 2u);
  EXPECT_EQ(intervals[1].messages, 15u);
  EXPECT_NEAR(static_cast<double>(intervals[1].max_ns), 7000, 7);
}

TEST(TimelineTest, StepsWithoutAnythingAreThere) {
  Timeline timeline(seconds(1), 1, 1);
  timeline.add(0, slice(4, 10, 1000));
  const std::vector<BenchInterval> intervals = timeline.finish(seconds(6));
  ASSERT_EQ(intervals.size(), 6u);
  EXPECT_EQ(intervals[0].messages, 0u);
  EXPECT_EQ(intervals[0].p50_ns, 0u);
  EXPECT_EQ(intervals[4].messages, 10u);
}

TEST(TimelineTest, NothingMeasuredIsNoSteps) {
  Timeline timeline(seconds(1), 1, 1);
  EXPECT_TRUE(timeline.finish(Duration::zero()).empty());
  EXPECT_EQ(timeline.last_complete().messages, 0u);
}

}  // namespace
}  // namespace echod
