// Keeps watch over the compiler: the four places where a co_await may stand (see task.h), with
// types that notice when they are destroyed twice, never, or used afterwards. g++ 12.2 gets other
// places wrong; should these fail on some compiler, nothing else of this program can be trusted.
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "base/task.h"
#include "base/task_test_util.h"

namespace echod {
namespace {

// How the awaited coroutine ends: at once or after a wait, with a value or an error.
struct Way {
  bool waits;
  bool fails;
};

Task<Counted> produce(Gate& gate, Way way, int number) {
  Counted made(number);
  if (way.waits) co_await gate.pass();
  if (way.fails) co_await failed(kTestFailure);
  co_return std::move(made);
}

// Counts down from 3 and fails or ends with 0.
Task<Counted> count_down(Gate& gate, Way way, int& count) {
  --count;
  bool fails = way.fails && count == 0;
  co_return co_await produce(gate, {way.waits, fails}, count);
}

int number_of(Counted value) { return value.number(); }
int sum_of(Counted first, Counted second) { return first.number() + second.number(); }

Task<int> number_later(Gate& gate, Way way, Counted value) {
  if (way.waits) co_await gate.pass();
  co_return value.number();
}

// --- Its own statement ---------------------------------------------------------------------------

Task<int> statement(Gate& gate, Way way) {
  Counted local(1);
  co_await produce(gate, way, 2);
  co_return local.number();
}

Task<int> assignment(Gate& gate, Way way) {
  Counted local(1);
  local = co_await produce(gate, way, 2);
  co_return local.number();
}

Task<Counted> return_statement(Gate& gate, Way way) { co_return co_await produce(gate, way, 2); }

Task<int> through_return_statement(Gate& gate, Way way) {
  Counted value = co_await return_statement(gate, way);
  co_return value.number();
}

Task<int> observed(Gate& gate, Way way) {
  Result<Counted> result = co_await produce(gate, way, 2).observed();
  if (!result) co_await failed(result.error());
  co_return result->number();
}

// --- T x = co_await ... --------------------------------------------------------------------------

Task<int> initialiser(Gate& gate, Way way) {
  Counted local(1);
  Counted value = co_await produce(gate, way, 2);
  {
    Counted inner = co_await produce(gate, way, 3);
    local = std::move(inner);
  }
  co_return value.number() + local.number();
}

// --- The condition of a while or if --------------------------------------------------------------

Task<int> while_condition(Gate& gate, Way way) {
  int count = 4;
  int sum = 0;
  while (Counted value = co_await count_down(gate, way, count)) {
    Counted local(1);
    sum += value.number();
    co_await produce(gate, {way.waits, false}, 5);
  }
  co_return sum;
}

Task<int> if_condition(Gate& gate, Way way) {
  if (Counted value = co_await produce(gate, way, 2)) {
    co_await produce(gate, {way.waits, false}, 5);
    co_return value.number();
  }
  co_return 0;
}

// --- A by-value argument -------------------------------------------------------------------------

Task<int> argument(Gate& gate, Way way) {
  Counted local(1);
  co_return number_of(co_await produce(gate, way, 2)) + local.number();
}

Task<int> argument_beside_another(Gate& gate, Way way) {
  int sum = sum_of(Counted(1), co_await produce(gate, way, 2));
  co_return sum;
}

Task<int> coroutine_argument(Gate& gate, Way way) {
  int number = co_await number_later(gate, way, co_await produce(gate, way, 2));
  co_return number;
}

struct Shape {
  const char* name;
  Task<int> (*run)(Gate&, Way);
  int value;
};

constexpr Shape kShapes[] = {
    {"Statement", statement, 1},
    {"Assignment", assignment, 2},
    {"ReturnStatement", through_return_statement, 2},
    {"Observed", observed, 2},
    {"Initialiser", initialiser, 5},
    {"WhileCondition", while_condition, 6},
    {"IfCondition", if_condition, 2},
    {"Argument", argument, 3},
    {"ArgumentBesideAnother", argument_beside_another, 3},
    {"CoroutineArgument", coroutine_argument, 2},
};

class TaskCanaryTest : public testing::TestWithParam<std::tuple<Shape, bool, bool>> {};

TEST_P(TaskCanaryTest, ConstructorsAndDestructorsBalance) {
  auto [shape, waits, fails] = GetParam();
  Counted::reset();
  {
    Gate gate;
    Task<int> task = shape.run(gate, {waits, fails});
    task.start();
    EXPECT_EQ(task.done(), !waits);
    while (!task.done()) gate.open();
    Result<int> result = task.result();
    ASSERT_EQ(result.has_value(), !fails);
    if (fails) {
      EXPECT_EQ(result.error(), kTestFailure);
    } else {
      EXPECT_EQ(*result, shape.value);
    }
  }
  EXPECT_GT(Counted::constructed, 0);
  EXPECT_EQ(Counted::constructed, Counted::destroyed);
}

std::string case_name(const testing::TestParamInfo<TaskCanaryTest::ParamType>& test) {
  auto [shape, waits, fails] = test.param;
  return std::string(shape.name) + (waits ? "Waits" : "AtOnce") + (fails ? "Fails" : "Succeeds");
}

INSTANTIATE_TEST_SUITE_P(Shapes, TaskCanaryTest,
                         testing::Combine(testing::ValuesIn(kShapes), testing::Bool(),
                                          testing::Bool()),
                         case_name);

}  // namespace
}  // namespace echod
