#include "app/bench/load/schedule.h"

#include <gtest/gtest.h>

#include <set>

namespace echod {
namespace {

constexpr Time kStart{std::chrono::hours(5)};

TEST(ScheduleTest, SpreadsMessagesEvenlyOverTimeAndConnections) {
  const Schedule schedule(kStart, 1000, 4);
  EXPECT_EQ(schedule.due(0, 0), kStart);
  EXPECT_EQ(schedule.due(1, 0), kStart + std::chrono::milliseconds(1));
  EXPECT_EQ(schedule.due(3, 0), kStart + std::chrono::milliseconds(3));
  EXPECT_EQ(schedule.due(0, 1), kStart + std::chrono::milliseconds(4));
  EXPECT_EQ(schedule.due(2, 10), kStart + std::chrono::milliseconds(42));
}

TEST(ScheduleTest, NoTwoMessagesAreDueTogether) {
  const Schedule schedule(kStart, 333, 7);
  std::set<Time> times;
  for (uint64_t connection = 0; connection < 7; ++connection) {
    for (uint64_t message = 0; message < 100; ++message) {
      EXPECT_TRUE(times.insert(schedule.due(connection, message)).second);
    }
  }
}

TEST(ScheduleTest, RoundingDoesNotAddUp) {
  const Schedule schedule(kStart, 3, 1);
  EXPECT_EQ(schedule.due(0, 3'000'000), kStart + std::chrono::seconds(1'000'000));
}

TEST(ScheduleTest, FindsTheFirstMessageFromATimeOn) {
  for (const double rate : {1.0, 333.0, 1e6}) {
    const Schedule schedule(kStart, rate, 3);
    for (uint64_t connection = 0; connection < 3; ++connection) {
      EXPECT_EQ(schedule.first_from(connection, kStart - std::chrono::hours(1)), 0u);
      for (uint64_t message = 0; message < 50; ++message) {
        const Time due = schedule.due(connection, message);
        EXPECT_EQ(schedule.first_from(connection, due), message);
        EXPECT_EQ(schedule.first_from(connection, due + Duration(1)), message + 1);
      }
    }
  }
}

}  // namespace
}  // namespace echod
