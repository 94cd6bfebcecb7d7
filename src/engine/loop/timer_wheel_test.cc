// The timer wheel against a sorted list of deadlines: over years, through every cascade.
#include "engine/loop/timer_wheel.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <set>
#include <vector>

namespace echod {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr Time kOrigin = Time(hours(1000));  // as a machine's clock, not at zero
constexpr Duration kTick = milliseconds(1);
constexpr Duration kDay = hours(24);

struct Timer : TimerNode {
  Deadline deadline;
};

class TimerWheelTest : public testing::Test {
 protected:
  ~TimerWheelTest() override {
    wheel_.take_all([](TimerNode&) {});
  }

  Timer& add(Deadline deadline) {
    timers_.push_back(std::make_unique<Timer>());
    timers_.back()->deadline = deadline;
    wheel_.add(*timers_.back(), deadline);
    return *timers_.back();
  }

  std::vector<Timer*> advance(Time now) {
    std::vector<Timer*> expired;
    wheel_.advance(now, [&expired](TimerNode& node) {
      EXPECT_FALSE(node.linked());
      expired.push_back(static_cast<Timer*>(&node));
    });
    return expired;
  }

  TimerWheel wheel_{kOrigin};
  std::vector<std::unique_ptr<Timer>> timers_;
};

TEST_F(TimerWheelTest, IsEmptyAtFirst) {
  EXPECT_TRUE(wheel_.empty());
  EXPECT_EQ(wheel_.next_expiry(), kNever);
  EXPECT_TRUE(advance(kOrigin + kDay).empty());
}

TEST_F(TimerWheelTest, ExpiresAtTheTickAfterTheDeadlineAndNotBefore) {
  Deadline deadline = kOrigin + milliseconds(10) + nanoseconds(1);
  Timer& timer = add(deadline);
  EXPECT_TRUE(timer.linked());
  EXPECT_TRUE(advance(kOrigin + milliseconds(10)).empty());
  EXPECT_TRUE(advance(deadline - nanoseconds(1)).empty());
  EXPECT_EQ(advance(kOrigin + milliseconds(11)), std::vector<Timer*>{&timer});
  EXPECT_TRUE(wheel_.empty());
}

TEST_F(TimerWheelTest, APastDeadlineExpiresAtTheNextTick) {
  advance(kOrigin + seconds(5));
  Timer& past = add(kOrigin + seconds(1));
  Timer& before_time = add(kOrigin - seconds(1));
  EXPECT_LE(wheel_.next_expiry(), kOrigin + seconds(5) + kTick);
  EXPECT_EQ(advance(kOrigin + seconds(5) + kTick), (std::vector<Timer*>{&past, &before_time}));
}

TEST_F(TimerWheelTest, WhatHasNoDeadlineNeverExpires) {
  Timer& timer = add(kNever);
  EXPECT_FALSE(wheel_.empty());
  EXPECT_EQ(wheel_.next_expiry(), kNever);
  EXPECT_TRUE(advance(kOrigin + kDay * 10'000).empty());
  EXPECT_TRUE(timer.linked());
  wheel_.remove(timer);
  EXPECT_TRUE(wheel_.empty());
}

TEST_F(TimerWheelTest, WhatIsRemovedDoesNotExpire) {
  Timer& first = add(kOrigin + seconds(1));
  Timer& second = add(kOrigin + seconds(1));
  Timer& third = add(kOrigin + hours(1));
  wheel_.remove(first);
  EXPECT_FALSE(first.linked());
  EXPECT_EQ(advance(kOrigin + seconds(2)), std::vector<Timer*>{&second});
  wheel_.remove(third);
  EXPECT_LE(wheel_.next_expiry(), kOrigin + hours(1) + kTick);  // in vain, once
  EXPECT_TRUE(advance(kOrigin + hours(2)).empty());
  EXPECT_EQ(wheel_.next_expiry(), kNever);
}

TEST_F(TimerWheelTest, ATimerCanBeAddedAgain) {
  Timer& timer = add(kOrigin + seconds(1));
  advance(kOrigin + seconds(1));
  wheel_.add(timer, kOrigin + seconds(2));
  EXPECT_TRUE(advance(kOrigin + seconds(2) - kTick).empty());
  EXPECT_EQ(advance(kOrigin + seconds(2)), std::vector<Timer*>{&timer});
}

TEST_F(TimerWheelTest, AnExpiryMayRemoveAndAddOthers) {
  Timer& first = add(kOrigin + milliseconds(5));
  Timer& second = add(kOrigin + milliseconds(5));
  Timer& third = add(kOrigin + milliseconds(7));
  std::vector<TimerNode*> expired;
  wheel_.advance(kOrigin + milliseconds(10), [&](TimerNode& node) {
    expired.push_back(&node);
    if (&node != &first) return;
    wheel_.remove(second);  // due as well, and not visited yet
    wheel_.remove(third);
    wheel_.add(third, kOrigin + milliseconds(10));
  });
  EXPECT_EQ(expired, std::vector<TimerNode*>{&first});
  EXPECT_EQ(advance(kOrigin + milliseconds(11)), std::vector<Timer*>{&third});
}

TEST_F(TimerWheelTest, AllCanBeTaken) {
  std::set<TimerNode*> added;
  for (Duration delay : {Duration(kTick), Duration(seconds(1)), Duration(hours(1)), kDay, 30 * kDay,
                         1000 * kDay, 10'000 * kDay}) {
    added.insert(&add(kOrigin + delay));
  }
  added.insert(&add(kNever));
  Timer& back = add(kOrigin + seconds(3));
  added.insert(&back);
  std::set<TimerNode*> taken;
  wheel_.take_all([&](TimerNode& node) {
    EXPECT_FALSE(node.linked());
    taken.insert(&node);
    if (&node == &back) wheel_.add(back, back.deadline);
  });
  EXPECT_EQ(taken, added);
  EXPECT_EQ(advance(kOrigin + 20'000 * kDay), std::vector<Timer*>{&back});
  EXPECT_TRUE(wheel_.empty());
}

// A deadline a whole turn of the top level away stands in the slot that time is in now, and must
// not hide the nearer ones.
TEST_F(TimerWheelTest, AFarDeadlineDoesNotHideANearOne) {
  Duration turn = kTick * (int64_t{1} << 36);
  Timer& far = add(kOrigin + turn + seconds(10));
  Timer& near = add(kOrigin + 20 * kDay);
  EXPECT_LE(wheel_.next_expiry(), near.deadline + kTick);
  EXPECT_EQ(advance(kOrigin + 21 * kDay), std::vector<Timer*>{&near});
  EXPECT_TRUE(advance(far.deadline - kTick).empty());
  EXPECT_EQ(advance(far.deadline), std::vector<Timer*>{&far});
}

TEST(TimerWheelDeathTest, MustNotDieBeforeItsTimers) {
  auto die_early = [] {
    Timer timer;
    TimerWheel wheel(kOrigin);
    wheel.add(timer, kNever);
  };
  EXPECT_DEATH(die_early(), "check failed");
}

// --- Random operations against a sorted list -----------------------------------------------------

class RandomTimers {
 public:
  explicit RandomTimers(unsigned seed) : random_(seed) {}
  ~RandomTimers() {
    size_t taken = 0;
    wheel_.take_all([&taken](TimerNode&) { ++taken; });
    EXPECT_EQ(taken, pending_.size());
  }

  void add() {
    auto& timer = timers_.emplace_back(std::make_unique<Timer>());
    timer->deadline = chance(20) ? kNever : now_ + any_duration();
    wheel_.add(*timer, timer->deadline);
    pending_.insert({timer->deadline, timer.get()});
  }

  void remove() {
    if (pending_.empty()) return;
    auto victim = pending_.lower_bound({now_ + any_duration(), nullptr});
    if (victim == pending_.end()) victim = pending_.begin();
    wheel_.remove(*victim->second);
    pending_.erase(victim);
  }

  // Advances by anything, as a loop that was busy does.
  void jump() { advance(now_ + any_duration()); }

  // Advances to when the wheel says, as a loop that has nothing else to do does.
  void step() {
    Time next = wheel_.next_expiry();
    if (next == kNever) {
      EXPECT_TRUE(pending_.empty() || pending_.begin()->first == kNever);
      return;
    }
    EXPECT_GT(next, now_ - kTick) << "it would spin";
    advance(std::max(next, now_));
  }

  bool chance(int percent) { return std::uniform_int_distribution(1, 100)(random_) <= percent; }

 private:
  // From a nanosecond to years, every magnitude as often: 2^58 ns are nine years.
  Duration any_duration() {
    int magnitude = std::uniform_int_distribution(0, 57)(random_);
    int64_t base = int64_t{1} << magnitude;
    return Duration(std::uniform_int_distribution<int64_t>(base, 2 * base)(random_));
  }

  void advance(Time now) {
    if (now > kOrigin + kDay * 36'500) return;  // a century will do
    now_ = now;
    wheel_.advance(now_, [this](TimerNode& node) {
      auto* timer = static_cast<Timer*>(&node);
      EXPECT_LE(timer->deadline, now_) << "early";
      EXPECT_EQ(pending_.erase({timer->deadline, timer}), 1u) << "twice, or removed before";
    });
    ASSERT_EQ(wheel_.empty(), pending_.empty());
    if (pending_.empty()) return;
    Deadline first = pending_.begin()->first;
    if (first == kNever) return;
    EXPECT_GT(first, now_ - kTick) << "late by " << (now_ - first).count() << " ns";
    EXPECT_LT(wheel_.next_expiry() - first, kTick) << "would be late";
  }

  std::mt19937 random_;
  Time now_ = kOrigin;
  TimerWheel wheel_{kOrigin};
  std::vector<std::unique_ptr<Timer>> timers_;
  std::set<std::pair<Deadline, Timer*>> pending_;
};

class RandomTimersTest : public testing::TestWithParam<unsigned> {};

TEST_P(RandomTimersTest, NeverEarlyNeverLate) {
  RandomTimers timers(GetParam());
  for (int i = 0; i < 5000 && !testing::Test::HasFailure(); ++i) {
    if (timers.chance(40)) timers.add();
    if (timers.chance(15)) timers.remove();
    if (timers.chance(50)) timers.step();
    if (timers.chance(2)) timers.jump();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomTimersTest, testing::Range(1u, 33u));

}  // namespace
}  // namespace echod
