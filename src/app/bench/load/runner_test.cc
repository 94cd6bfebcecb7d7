// The load tester against servers that do what they should: every mode, on every engine it has.
#include "app/bench/load/runner.h"

#include <gtest/gtest.h>

#include <memory>

#include "app/bench/server_test_util.h"
#include "app/cli/serve_options.h"
#include "app/log/log.h"
#include "app/serve/server.h"
#include "engine/uring/uring_probe.h"

namespace echod {
namespace {

struct Case {
  EngineKind engine;
  Protocol protocol;
};

class RunnerTest : public testing::TestWithParam<Case> {
 protected:
  RunnerTest() {
    LogOptions quiet;
    quiet.level = LogLevel::kOff;
    log_ = std::move(*Log::open(quiet));
    ServeOptions serve;
    serve.engine = EngineKind::kEpoll;
    serve.workers = 1;
    serve.listen.front().port = 0;
    serve.listen.front().protocol =
        GetParam().protocol == Protocol::kRaw ? Protocol::kRaw : Protocol::kHttp1;
    server_ = std::move(*Server::start(serve, *log_));
    options = bench_options(server_->listening().front().endpoint, GetParam().protocol);
    options.engine = GetParam().engine;
  }

  void SetUp() override {
    if (GetParam().engine == EngineKind::kUring && !probe_uring()) GTEST_SKIP() << "no io_uring";
  }

  void expect_no_errors(const BenchResult& result) {
    EXPECT_EQ(result.error_count(), 0u);
    for (const std::string& error : result.first_errors) ADD_FAILURE() << error;
  }

  BenchOptions options;

 private:
  std::unique_ptr<Log> log_;
  std::unique_ptr<Server> server_;
};

TEST_P(RunnerTest, SendsAsManyMessagesAsAsked) {
  options.connections = 5;
  options.threads = 2;
  options.messages = 1003;
  const BenchResult result = run_or_fail(options);
  expect_no_errors(result);
  EXPECT_EQ(result.messages, 1003u);
  EXPECT_EQ(result.bytes, 1003u * 64);
  EXPECT_EQ(result.latency.count(), 1003u);
  EXPECT_EQ(result.service, result.latency);
  EXPECT_EQ(result.connect.count(), 5u);
  EXPECT_EQ(result.unanswered, 0u);
  EXPECT_FALSE(result.interrupted);
  EXPECT_GT(result.elapsed_s, 0);
  EXPECT_EQ(result.plan.loop, "closed");
  EXPECT_EQ(result.plan.threads, 2u);
}

TEST_P(RunnerTest, RunsForItsDuration) {
  options.duration = std::chrono::milliseconds(300);
  options.warm_up = std::chrono::milliseconds(50);
  options.interval = std::chrono::milliseconds(100);
  const BenchResult result = run_or_fail(options);
  expect_no_errors(result);
  EXPECT_GT(result.messages, 0u);
  EXPECT_DOUBLE_EQ(result.elapsed_s, 0.3);
  ASSERT_EQ(result.intervals.size(), 3u);
  uint64_t sum = 0;
  for (const BenchInterval& interval : result.intervals) sum += interval.messages;
  EXPECT_EQ(sum, result.messages);
  EXPECT_EQ(result.latency.count(), result.messages);
  EXPECT_GT(result.tester_cpu_s, 0);
}

// Larger than all buffers on the way: both directions fill up.
TEST_P(RunnerTest, LargeMessagesDoNotBlockTheirOwnEcho) {
  options.sizes = {{20 << 20, 1}};
  options.connections = 2;
  options.pipeline = 2;
  options.messages = 8;
  const BenchResult result = run_or_fail(options);
  expect_no_errors(result);
  EXPECT_EQ(result.messages, 8u);
  EXPECT_EQ(result.bytes, 8u * (20 << 20));
}

TEST_P(RunnerTest, PipelinesMessagesOfMixedSizes) {
  options.sizes = {{1, 3}, {64, 3}, {1000, 1}, {100'000, 1}};
  options.pipeline = 16;
  options.messages = 3000;
  const BenchResult result = run_or_fail(options);
  expect_no_errors(result);
  EXPECT_EQ(result.messages, 3000u);
}

TEST_P(RunnerTest, OpensAConnectionForEachMessage) {
  options.connect_each = true;
  options.messages = 200;
  const BenchResult result = run_or_fail(options);
  expect_no_errors(result);
  EXPECT_EQ(result.messages, 200u);
  EXPECT_EQ(result.connects, 200u);
  EXPECT_EQ(result.connect.count(), 200u);
  EXPECT_EQ(result.service.count(), 200u);
  EXPECT_GT(result.latency.mean(), result.service.mean());  // it counts from the connect
}

TEST_P(RunnerTest, KeepsAScheduleInAnOpenLoop) {
  options.rate = 500;
  options.connections = 7;
  options.threads = 2;
  options.duration = std::chrono::seconds(1);
  const BenchResult result = run_or_fail(options);
  expect_no_errors(result);
  EXPECT_EQ(result.plan.loop, "open");
  // However late some were sent, as many were due.
  EXPECT_EQ(result.messages + result.unanswered + result.late_sends, 500u);
  EXPECT_EQ(result.service.count(), result.messages);
}

TEST_P(RunnerTest, OpensAConnectionForEachMessageOfASchedule) {
  options.rate = 200;
  options.connect_each = true;
  options.duration = std::chrono::milliseconds(500);
  options.warm_up = Duration::zero();
  const BenchResult result = run_or_fail(options);
  expect_no_errors(result);
  EXPECT_EQ(result.messages + result.unanswered + result.late_sends, 100u);
}

TEST_P(RunnerTest, HoldsQuietConnections) {
  options.idle = 20;
  options.messages = 100;
  const BenchResult result = run_or_fail(options);
  expect_no_errors(result);
  EXPECT_EQ(result.messages, 100u);
  EXPECT_EQ(result.plan.idle_connections, 20u);
}

TEST_P(RunnerTest, OpensConnectionsOverTheRamp) {
  options.connections = 10;
  options.ramp = std::chrono::milliseconds(200);
  options.warm_up = std::chrono::seconds(1);  // for the last of them, on a busy machine
  options.duration = std::chrono::milliseconds(100);
  const BenchResult result = run_or_fail(options);
  expect_no_errors(result);
  EXPECT_EQ(result.connects, 0u);  // all before the measurement
  EXPECT_EQ(result.intervals.back().connections, 10u);
}

TEST_P(RunnerTest, EndsWhenInterrupted) {
  options.duration = std::chrono::hours(1);
  TestObserver observer([](const BenchProgress& progress) { return progress.messages > 100; });
  const BenchResult result = run_or_fail(options, observer);
  expect_no_errors(result);
  EXPECT_TRUE(result.interrupted);
  EXPECT_GT(result.messages, 100u);
  EXPECT_LT(result.elapsed_s, 60);
}

TEST_P(RunnerTest, EndsWhenInterruptedBeforeItMeasures) {
  options.ramp = std::chrono::hours(1);
  options.connections = 1000;
  TestObserver observer([](const BenchProgress&) { return true; });
  const BenchResult result = run_or_fail(options, observer);
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(result.messages, 0u);
}

TEST_P(RunnerTest, RunsWithoutVerification) {
  options.verify = false;
  options.messages = 500;
  const BenchResult result = run_or_fail(options);
  expect_no_errors(result);
  EXPECT_EQ(result.messages, 500u);
  EXPECT_FALSE(result.plan.verify);
}

TEST_P(RunnerTest, PinsItsThreads) {
  options.pin = true;
  options.threads = 3;
  options.connections = 3;
  options.messages = 300;
  const BenchResult result = run_or_fail(options);
  expect_no_errors(result);
  EXPECT_EQ(result.messages, 300u);
}

TEST_P(RunnerTest, ConnectsFromTheSourcesGiven) {
  options.sources = {"127.0.0.1", "127.0.0.2"};
  options.messages = 100;
  const BenchResult result = run_or_fail(options);
  expect_no_errors(result);
  EXPECT_EQ(result.messages, 100u);
}

INSTANTIATE_TEST_SUITE_P(Everywhere, RunnerTest,
                         testing::Values(Case{EngineKind::kEpoll, Protocol::kRaw},
                                         Case{EngineKind::kUring, Protocol::kRaw},
                                         Case{EngineKind::kEpoll, Protocol::kHttp1},
                                         Case{EngineKind::kUring, Protocol::kHttp1}),
                         [](const testing::TestParamInfo<Case>& test) {
                           return std::string(name_of(test.param.engine)) +
                                  (test.param.protocol == Protocol::kRaw ? "Tcp" : "Http");
                         });

}  // namespace
}  // namespace echod
