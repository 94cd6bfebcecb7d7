// Task: values and errors on their way up through coroutines that end at once or after a wait.
#include "base/task.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <memory>
#include <new>
#include <string>
#include <tuple>
#include <vector>

#include "base/memory_faults.h"
#include "base/task_test_util.h"

namespace echod {
namespace {

// How a coroutine of these tests ends.
struct Completion {
  bool waits = false;
  bool fails = false;
};

// Not inlined, or clang would put its frame into its caller's, where no memory can be refused.
[[gnu::noinline]] Task<int> leaf(Gate& gate, Completion way, int value) {
  Counted local(1);
  if (way.waits) co_await gate.pass();
  if (way.fails) co_await failed(kTestFailure);
  co_return value;
}

// `depth` coroutines above a leaf; each notes that its callee let it go on.
Task<int> tower(Gate& gate, Completion way, int depth, int& resumed) {
  Counted local(2);
  if (depth == 0) co_return co_await leaf(gate, way, 7);
  int value = co_await tower(gate, way, depth - 1, resumed);
  ++resumed;
  co_return value + 1;
}

class TaskTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override { Counted::reset(); }
  void TearDown() override { EXPECT_EQ(Counted::alive(), 0); }

  bool waits() const { return GetParam(); }

  // Runs `task` to its end, opening the gate where it waits.
  template <typename T>
  Result<T> run(Task<T> task) {
    task.start();
    EXPECT_EQ(task.done(), !gate_.has_waiter());
    while (!task.done()) gate_.open();
    return task.result();
  }

  Gate gate_;
};

TEST_P(TaskTest, YieldsAValueThroughSeveralLevels) {
  int resumed = 0;
  Result<int> result = run(tower(gate_, {.waits = waits()}, 5, resumed));
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, 12);
  EXPECT_EQ(resumed, 5);
}

TEST_P(TaskTest, PassesAnErrorUpWithoutResumingTheCallers) {
  int resumed = 0;
  Result<int> result = run(tower(gate_, {.waits = waits(), .fails = true}, 5, resumed));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), kTestFailure);
  EXPECT_EQ(resumed, 0);
  EXPECT_EQ(Counted::constructed, Counted::destroyed) << "each frame's locals die exactly once";
  EXPECT_EQ(Counted::constructed, 7);
}

Task<std::string> observer(Gate& gate, Completion way, int& alive_after) {
  int resumed = 0;
  Result<int> result = co_await tower(gate, way, 3, resumed).observed();
  alive_after = Counted::alive();
  if (!result) co_return "error " + std::to_string(result.error().os_error);
  co_return "value " + std::to_string(*result);
}

TEST_P(TaskTest, AnObserverSeesTheValue) {
  int alive_after = -1;
  EXPECT_EQ(run(observer(gate_, {.waits = waits()}, alive_after)), "value 10");
  EXPECT_EQ(alive_after, 0) << "frames live until the end of the observing expression";
}

TEST_P(TaskTest, AnObserverSeesTheErrorAndGoesOn) {
  int alive_after = -1;
  EXPECT_EQ(run(observer(gate_, {.waits = waits(), .fails = true}, alive_after)), "error 71");
  EXPECT_EQ(alive_after, 0) << "the failed frames are gone when the observer goes on";
}

Task<int> observes_a_local(Gate& gate, Completion way) {
  Task<int> kept = leaf(gate, way, 3);
  Result<int> result = co_await kept.observed();
  co_return result.value_or(-1);
}

TEST_P(TaskTest, ALocalTaskCanBeObserved) {
  EXPECT_EQ(run(observes_a_local(gate_, {.waits = waits()})), 3);
  EXPECT_EQ(run(observes_a_local(gate_, {.waits = waits(), .fails = true})), -1);
}

Task<> no_value(Gate& gate, bool waits, bool fails) {
  if (waits) co_await gate.pass();
  if (fails) co_await failed(kTestFailure);
}

Task<bool> awaits_no_value(Gate& gate, bool waits, bool fails) {
  co_await no_value(gate, waits, false);
  Result<void> result = co_await no_value(gate, waits, fails).observed();
  co_return result.has_value();
}

TEST_P(TaskTest, WithoutAValue) {
  EXPECT_TRUE(run(no_value(gate_, waits(), false)));
  EXPECT_EQ(run(no_value(gate_, waits(), true)), std::unexpected(kTestFailure));
  EXPECT_EQ(run(awaits_no_value(gate_, waits(), false)), true);
  EXPECT_EQ(run(awaits_no_value(gate_, waits(), true)), false);
}

Task<std::unique_ptr<int>> move_only(Gate& gate, bool waits) {
  auto value = std::make_unique<int>(5);
  if (waits) co_await gate.pass();
  co_return std::move(value);
}

Task<int> takes_move_only(Gate& gate, bool waits) {
  std::unique_ptr<int> value = co_await move_only(gate, waits);
  co_return *value;
}

TEST_P(TaskTest, CarriesMoveOnlyValues) { EXPECT_EQ(run(takes_move_only(gate_, waits())), 5); }

Task<int> awaits_result(Gate& gate, bool waits, Result<int> result, int& resumed) {
  if (waits) co_await gate.pass();
  int value = co_await std::move(result);
  ++resumed;
  co_return value;
}

Task<> awaits_empty_result(Gate& gate, bool waits, Result<void> result, int& resumed) {
  if (waits) co_await gate.pass();
  co_await std::move(result);
  ++resumed;
}

TEST_P(TaskTest, AResultCanBeAwaited) {
  int resumed = 0;
  EXPECT_EQ(run(awaits_result(gate_, waits(), 4, resumed)), 4);
  EXPECT_TRUE(run(awaits_empty_result(gate_, waits(), {}, resumed)));
  EXPECT_EQ(resumed, 2);
  Result<int> failed_with_value = std::unexpected(kTestFailure);
  EXPECT_EQ(run(awaits_result(gate_, waits(), failed_with_value, resumed)),
            std::unexpected(kTestFailure));
  Result<void> failed_without = std::unexpected(kTestFailure);
  EXPECT_EQ(run(awaits_empty_result(gate_, waits(), failed_without, resumed)),
            std::unexpected(kTestFailure));
  EXPECT_EQ(resumed, 2) << "an error does not resume who awaited it";
}

Task<int> fails_in_a_loop(Gate& gate, bool waits, int rounds) {
  int sum = 0;
  for (int round = 0; round < rounds; ++round) {
    bool fails = round == rounds - 1;
    Counted local(round);
    int value = co_await leaf(gate, {waits, fails}, 1);
    sum += value;
  }
  co_return sum;
}

TEST_P(TaskTest, AFailureEndsALoop) {
  EXPECT_EQ(run(fails_in_a_loop(gate_, waits(), 10)), std::unexpected(kTestFailure));
}

INSTANTIATE_TEST_SUITE_P(Ends, TaskTest, testing::Bool(),
                         [](const auto& suite) { return suite.param ? "AfterWaiting" : "AtOnce"; });

Task<> notes_that_it_ran(bool& ran, Counted argument) {
  ran = argument.number() == 3;
  co_return;
}

TEST(TaskLifeTest, RunsOnlyWhenStarted) {
  Counted::reset();
  bool ran = false;
  {
    Task<> task = notes_that_it_ran(ran, Counted(3));
    EXPECT_FALSE(ran);
    EXPECT_FALSE(task.done());
  }
  EXPECT_FALSE(ran);
  EXPECT_EQ(Counted::alive(), 0) << "a task never started gives its arguments back";
}

TEST(TaskLifeTest, MovesAsAHandle) {
  Counted::reset();
  bool first_ran = false;
  bool second_ran = false;
  {
    Task<> first = notes_that_it_ran(first_ran, Counted(3));
    Task<> second = notes_that_it_ran(second_ran, Counted(3));
    Task<> moved = std::move(second);
    moved.start();
    EXPECT_TRUE(second_ran);
    EXPECT_FALSE(first_ran);
    moved = std::move(first);
    EXPECT_FALSE(moved.done());
    moved.start();
    EXPECT_TRUE(first_ran);
    EXPECT_TRUE(moved.result());
  }
  EXPECT_EQ(Counted::alive(), 0);
}

TEST(TaskLifeTest, ATaskMayMoveWhileItRuns) {
  Gate gate;
  Task<> task = no_value(gate, true, false);
  task.start();
  Task<> moved = std::move(task);
  gate.open();
  EXPECT_TRUE(moved.done());
}

Task<> never_left(Gate& gate) {
  while (true) co_await gate.pass();
}

TEST(TaskDeathTest, ATaskMustNotBeDestroyedWhileItRuns) {
  auto destroy_running = [] {
    Gate gate;
    Task<> task = never_left(gate);
    task.start();
  };
  EXPECT_DEATH(destroy_running(), "check failed");
}

TEST(TaskDeathTest, ATaskStartsOnce) {
  auto start_twice = [] {
    Gate gate;
    Task<> task = no_value(gate, false, false);
    task.start();
    task.start();
  };
  EXPECT_DEATH(start_twice(), "check failed");
}

TEST(TaskDeathTest, TheOutcomeComesAtTheEnd) {
  auto ask_early = [] {
    Gate gate;
    Task<int> task = leaf(gate, {.waits = true}, 1);
    task.start();
    std::ignore = task.result();
  };
  EXPECT_DEATH(ask_early(), "check failed");
}

// --- Running out of memory is a failure like any other -------------------------------------------

Task<int> runs_out_of_memory(Gate& gate, bool waits) {
  if (waits) co_await gate.pass();
  throw std::bad_alloc();
}

Task<int> awaits_one_that_runs_out(Gate& gate, bool waits) {
  int value = co_await runs_out_of_memory(gate, waits);
  co_return value;
}

TEST(TaskMemoryTest, OneThatRunsOutOfMemoryFailsAndSoDoesWhoAwaitsIt) {
  for (bool waits : {false, true}) {
    Gate gate;
    Task<int> task = awaits_one_that_runs_out(gate, waits);
    task.start();
    if (waits) {
      EXPECT_FALSE(task.done());
      gate.open();
    }
    ASSERT_TRUE(task.done());
    Result<int> outcome = task.result();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::kNoMemory);
  }
}

class RefusesFrames final : public MemoryFaults {
 public:
  bool refuses_memory() noexcept override { return true; }
};

Task<int> calls_without_memory(Gate& gate, MemoryFaults& faults) {
  MemoryFaultsScope scope(&faults);
  int value = co_await leaf(gate, {}, 1);
  co_return value;
}

TEST(TaskMemoryTest, WithoutMemoryForAFrameTheCallerFails) {
  Gate gate;
  RefusesFrames faults;
  Task<int> task = calls_without_memory(gate, faults);
  task.start();
  ASSERT_TRUE(task.done());
  Result<int> outcome = task.result();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::kNoMemory);
  EXPECT_FALSE(memory_refused()) << "the scope has ended with the frame";
}

Task<> throws() {
  std::ignore = std::vector<int>().at(1);
  co_return;
}

TEST(TaskDeathTest, ExceptionsTerminate) {
  auto run_thrower = [] {
    Task<> task = throws();
    task.start();
  };
  EXPECT_DEATH(run_thrower(), "");
}

// --- The stack is as deep as the calls, not as the iterations ------------------------------------

constexpr int kIterations = 2'000'000;
constexpr size_t kSmallStack = 256 * 1024;  // bytes; 2 million frames of any size overflow it

Task<int> at_once(bool fails) {
  if (fails) co_await failed(kTestFailure);
  co_return 1;
}

Task<int> awaits_many() {
  int sum = 0;
  for (int i = 0; i < kIterations; ++i) {
    int value = co_await at_once(false);
    sum += value;
  }
  co_return sum;
}

Task<int> observes_many() {
  int errors = 0;
  for (int i = 0; i < kIterations; ++i) {
    Result<int> result = co_await at_once(true).observed();
    errors += result.has_value() ? 0 : 1;
  }
  co_return errors;
}

Task<int> waits_often(Gate& gate, int rounds) {
  int sum = 0;
  for (int i = 0; i < rounds; ++i) {
    int value = co_await leaf(gate, {.waits = i % 2 == 0, .fails = false}, 1);
    sum += value;
  }
  co_return sum;
}

struct Counts {
  int awaited = 0;
  int observed = 0;
  int waited = 0;
};

void* count_on_small_stack(void* argument) {
  auto& counts = *static_cast<Counts*>(argument);
  Task<int> awaiting = awaits_many();
  awaiting.start();
  counts.awaited = awaiting.result().value_or(-1);
  Task<int> observing = observes_many();
  observing.start();
  counts.observed = observing.result().value_or(-1);
  Gate gate;
  Task<int> waiting = waits_often(gate, kIterations / 10);
  waiting.start();
  while (!waiting.done()) gate.open();
  counts.waited = waiting.result().value_or(-1);
  return nullptr;
}

TEST(TaskStackTest, MillionsOfAwaitsFitASmallStack) {
  Counts counts;
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, kSmallStack), 0);
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, &attributes, &count_on_small_stack, &counts), 0);
  ASSERT_EQ(pthread_join(thread, nullptr), 0);
  pthread_attr_destroy(&attributes);
  EXPECT_EQ(counts.awaited, kIterations);
  EXPECT_EQ(counts.observed, kIterations);
  EXPECT_EQ(counts.waited, kIterations / 10);
}

// Not a coroutine, unless it has to wait.
Task<> maybe_wait(Gate& gate, bool waits, int& done) {
  ++done;
  if (!waits) return Task<>::finished();
  return [](Gate& at) -> Task<> { co_await at.pass(); }(gate);
}

Task<> wait_twice(Gate& gate, int& done) {
  co_await maybe_wait(gate, false, done);
  Result<void> observed = co_await maybe_wait(gate, false, done).observed();
  EXPECT_TRUE(observed);
  co_await maybe_wait(gate, true, done);
  ++done;
}

TEST(FinishedTaskTest, IsAwaitedLikeAnyOther) {
  Gate gate;
  int done = 0;
  Task<> task = wait_twice(gate, done);
  task.start();
  EXPECT_EQ(done, 3);
  EXPECT_FALSE(task.done());
  gate.open();
  EXPECT_TRUE(task.done());
  EXPECT_EQ(done, 4);
}

TEST(FinishedTaskTest, IsDoneBeforeItIsStarted) {
  Task<> task = Task<>::finished();
  task.start();
  EXPECT_TRUE(task.done());
  EXPECT_TRUE(task.result());
  Task<> moved = std::move(task);
  EXPECT_TRUE(moved.done());
}

}  // namespace
}  // namespace echod
