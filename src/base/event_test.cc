// An Event wakes who sleeps on it, once, and nobody else.
#include "base/event.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/task.h"

namespace echod {
namespace {

Task<> counts(Event& event, int& wakes) {
  while (true) {
    co_await event.wait();
    if (++wakes == 3) break;
  }
}

TEST(EventTest, WakesWhoWaits) {
  Event event;
  int wakes = 0;
  event.wake();  // nobody is there, and it is not kept
  Task<> task = counts(event, wakes);
  task.start();
  EXPECT_EQ(wakes, 0);
  for (int round = 1; round <= 3; ++round) {
    EXPECT_TRUE(event.has_waiter());
    event.wake();
    EXPECT_EQ(wakes, round);
  }
  EXPECT_FALSE(event.has_waiter());
  EXPECT_TRUE(task.done());
  event.wake();
}

Task<> destroys(std::unique_ptr<Event>& event) {
  co_await event->wait();
  event.reset();
}

TEST(EventTest, WhoIsWokenMayDestroyIt) {
  auto event = std::make_unique<Event>();
  Task<> task = destroys(event);
  task.start();
  event->wake();
  EXPECT_TRUE(task.done());
  EXPECT_EQ(event, nullptr);
}

}  // namespace
}  // namespace echod
