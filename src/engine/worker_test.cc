// What a thread has: connection numbers that nobody else gets, counters that are added up, and the
// drain, which a connection can wait for.
#include "engine/worker.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>

#include "engine/loop/loop_test_util.h"

namespace echod {
namespace {

class WorkerTest : public LoopTest {
 protected:
  void SetUp() override {
    LoopTest::SetUp();
    if (!IsSkipped()) worker_.emplace(loop(), set_);
  }
  void TearDown() override {
    worker_.reset();
    LoopTest::TearDown();
  }

  WorkerSet set_;
  std::optional<Worker> worker_;
};

ECHOD_ON_EVERY_LOOP(WorkerTest);

TEST_P(WorkerTest, ADrainIsHeardByWhoWaitsForIt) {
  DrainEvent drain(loop());
  Task<bool> waiting = drain.wait();
  waiting.start();
  set_.request(Phase::kStopping);
  EXPECT_TRUE(run(sleep_until(loop(), soon())));
  EXPECT_TRUE(worker_->stopping());
  EXPECT_FALSE(waiting.done());
  set_.request(Phase::kDraining);
  run_until([&waiting] { return waiting.done(); });
  EXPECT_EQ(waiting.result(), true);
  drain.cancel();  // too late, and no harm
}

TEST_P(WorkerTest, ADrainThatHasBegunIsHeardAtOnce) {
  set_.request(Phase::kDraining);
  EXPECT_TRUE(run(sleep_until(loop(), soon())));
  DrainEvent drain(loop());
  EXPECT_EQ(run(drain.wait()), true);
}

TEST_P(WorkerTest, AConnectionThatEndsFirstTakesItsWaitBack) {
  DrainEvent drain(loop());
  Task<bool> waiting = drain.wait();
  waiting.start();
  drain.cancel();
  run_until([&waiting] { return waiting.done(); });
  EXPECT_EQ(waiting.result(), false);
  DrainEvent another(loop());
  another.cancel();
  EXPECT_EQ(run(another.wait()), false) << "also before it waits";
}

// Code of a connection that takes long.
Task<> stall(EventLoop& loop, WorkerSet& set, Time start, Duration patience) {
  co_await sleep_until(loop, soon());
  EXPECT_EQ(set.stuck_loops(start + 3 * patience, patience), 0u);
  EXPECT_EQ(set.stuck_loops(start + 4 * patience, patience), 1u);
}

// What stuck_loops() says while the loop's thread is in a connection's code, or beside it.
TEST_P(WorkerTest, ALoopThatDoesNotGetAroundIsStuck) {
  constexpr Duration kLong = std::chrono::seconds(10);
  const Time start = loop().now();
  const bool is_blocking = GetParam() == LoopKind::kBlocking;
  EXPECT_EQ(set_.stuck_loops(start, kLong), 0u) << "seen for the first time";
  // Nothing runs the loop. A BlockingLoop rests then; others would have been woken.
  EXPECT_EQ(set_.stuck_loops(start + kLong / 2, kLong), 0u);
  EXPECT_EQ(set_.stuck_loops(start + kLong, kLong), is_blocking ? 0u : 1u);
  EXPECT_TRUE(run(sleep_until(loop(), soon())));
  EXPECT_EQ(set_.stuck_loops(start + 2 * kLong, kLong), 0u);

  EXPECT_TRUE(run(stall(loop(), set_, start, kLong)));
  EXPECT_TRUE(run(sleep_until(loop(), soon())));
  EXPECT_EQ(set_.stuck_loops(start + 5 * kLong, kLong), 0u);
}

TEST_P(WorkerTest, AThreadThatMayWaitForOthersIsNotWatched) {
  const auto another = make_loop(GetParam(), kTestBuffers);
  WorkerSet set;
  const Worker unwatched(*another, set, false);
  EXPECT_EQ(set.stuck_loops(another->now(), Duration(1)), 0u);
  EXPECT_EQ(set.stuck_loops(another->now() + std::chrono::hours(1), Duration(1)), 0u);
}

std::unique_ptr<EventLoop> any_loop() { return make_loop(LoopKind::kEpoll, kTestBuffers); }

TEST(ConnectionNumbersTest, OneWorkerCountsFromOne) {
  WorkerSet set;
  auto loop = any_loop();
  Worker worker(*loop, set);
  for (uint64_t number = 1; number <= 1000; ++number) EXPECT_EQ(worker.begin_connection(), number);
  EXPECT_EQ(set.connections(), 1000u);
}

TEST(ConnectionNumbersTest, NoTwoWorkersShareOne) {
  WorkerSet set;
  auto loop = any_loop();
  std::set<uint64_t> numbers;
  {
    Worker first(*loop, set);
    Worker second(*loop, set);
    for (int i = 0; i < 1000; ++i) {
      numbers.insert(first.begin_connection());
      if (i % 3 == 0) numbers.insert(second.begin_connection());
    }
  }
  EXPECT_EQ(numbers.size(), 1334u);
  EXPECT_EQ(set.connections(), 1334u) << "of those that have left too";
}

TEST(WorkerCellsTest, AreSummedOverWorkersThatAreThereAndThoseThatHaveLeft) {
  WorkerSet set;
  auto loop = any_loop();
  Worker stays(*loop, set);
  stays.cells().bytes_sent.add(1);
  stays.cells().refusals.back().add(1);
  {
    auto other_loop = any_loop();
    Worker leaves(*other_loop, set);
    leaves.cells().bytes_sent.add(10);
    leaves.cells().request_durations.record(std::chrono::milliseconds(3));
    other_loop->run_once_by(other_loop->now());  // a round
  }
  for (int scrape = 0; scrape < 2; ++scrape) {
    WorkerTotals totals;
    set.add_to(totals);
    EXPECT_EQ(totals.workers.bytes_sent.value(), 11u);
    EXPECT_EQ(totals.workers.refusals.back().value(), 1u);
    EXPECT_EQ(totals.workers.request_durations.sum(), 3'000'000u);
    EXPECT_EQ(totals.loops.rounds.count(0), 1u);
    EXPECT_EQ(totals.workers.bytes_received.value(), 0u);
  }
}

// As the threads engine has it.
TEST(ConnectionNumbersTest, WorkersOfOneConnectionLeaveNoGap) {
  WorkerSet set;
  auto loop = any_loop();
  for (uint64_t number = 1; number <= 10; ++number) {
    Worker worker(*loop, set);
    EXPECT_EQ(worker.begin_connection(), number);
  }
}

TEST(WorkerRandomTest, EachWorkerDrawsOtherNumbersAndTheSeedDecides) {
  auto loop = any_loop();
  std::set<uint64_t> draws;
  for (uint64_t seed : {7u, 7u, 8u}) {
    WorkerSet set(seed);
    Worker first(*loop, set);
    Worker second(*loop, set);
    draws.insert(first.random().next());
    draws.insert(second.random().next() ^ 1);
  }
  EXPECT_EQ(draws.size(), 4u);
}

}  // namespace
}  // namespace echod
