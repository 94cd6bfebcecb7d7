// Whether the load tester tells the truth: against servers whose delays are known. The bounds below
// are what the server makes certain, the ones above are wide, because the machine may be busy.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "app/bench/load/runner.h"
#include "app/bench/server_test_util.h"

namespace echod {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kMillisecond = 1'000'000;  // ns

double share_above(const Histogram& histogram, uint64_t value) {
  return static_cast<double>(histogram.count_above(value)) /
         static_cast<double>(std::max<uint64_t>(histogram.count(), 1));
}

// Echoes each message `delay` after it came.
TestServer::Serve delayed(std::chrono::nanoseconds delay) {
  return [delay](const Fd& socket, unsigned) {
    echo_through(socket, [delay](std::string bytes, uint64_t) {
      std::this_thread::sleep_for(delay);
      return bytes;
    });
  };
}

TEST(AccuracyTest, ADelayOfAMillisecondIsAMillisecond) {
  TestServer server(delayed(milliseconds(1)));
  BenchOptions options = bench_options(server.endpoint());
  options.connections = 1;
  options.messages = 300;
  const BenchResult result = run_or_fail(options);
  EXPECT_EQ(result.messages, 300u);
  EXPECT_GE(result.latency.min(), kMillisecond * 999 / 1000);  // the histogram's precision
  EXPECT_LT(result.latency.value_at(10), 3 * kMillisecond);
  EXPECT_NEAR(result.rate() * result.latency.mean() / 1e9, 1, 0.2);  // Little's law
}

TEST(AccuracyTest, ADelayIsTheSameInAnOpenLoop) {
  TestServer server(delayed(milliseconds(5)));
  BenchOptions options = bench_options(server.endpoint());
  options.connections = 4;
  options.rate = 100;  // half of what the server can do
  options.duration = milliseconds(1500);
  const BenchResult result = run_or_fail(options);
  EXPECT_GE(result.latency.min(), 5 * kMillisecond * 999 / 1000);
  EXPECT_GE(result.service.min(), 5 * kMillisecond * 999 / 1000);
  EXPECT_LT(result.latency.value_at(10), 10 * kMillisecond);
}

// More is asked for than the server can do: what waits is charged with its wait.
TEST(AccuracyTest, AnOverloadShowsInTheLatencyAndNotInTheServiceTime) {
  TestServer server(delayed(milliseconds(10)));
  BenchOptions options = bench_options(server.endpoint());
  options.connections = 1;
  options.rate = 200;  // twice what the server can do
  options.pipeline = 1;
  options.warm_up = Duration::zero();
  options.duration = std::chrono::seconds(1);
  const BenchResult result = run_or_fail(options);
  EXPECT_GT(result.latency.value_at(50), 100 * kMillisecond);
  EXPECT_LT(result.service.value_at(10), 50 * kMillisecond);
  EXPECT_GT(result.late_sends, 0u);
}

// Stalls for 100 ms in every second: whatever comes then is answered at the stall's end.
class StallingServer {
 public:
  static constexpr milliseconds kPeriod{500};
  static constexpr milliseconds kStall{100};

  const Endpoint& endpoint() const { return server_.endpoint(); }

 private:
  std::string wait(std::string bytes) const {
    const auto into_period = (std::chrono::steady_clock::now() - start_) % kPeriod;
    if (into_period < kStall) std::this_thread::sleep_for(kStall - into_period);
    return bytes;
  }

  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  TestServer server_{[this](const Fd& socket, unsigned) {
    echo_through(socket, [this](std::string bytes, uint64_t) { return wait(std::move(bytes)); });
  }};
};

// One fifth of the time is stall. A message due in it waits for 0 to 100 ms, evenly: half of them,
// a tenth of all, for more than 50 ms.
TEST(AccuracyTest, AnOpenLoopShowsAStallsTrueShare) {
  for (const unsigned pipeline : {1024u, 1u}) {
    StallingServer server;
    BenchOptions options = bench_options(server.endpoint());
    options.connections = 10;
    options.rate = 400;
    options.pipeline = pipeline;
    options.duration = std::chrono::seconds(2);  // four periods
    const BenchResult result = run_or_fail(options);
    EXPECT_NEAR(static_cast<double>(result.messages + result.unanswered), 800, 20);
    EXPECT_GT(share_above(result.latency, 50 * kMillisecond), 0.07) << "pipeline " << pipeline;
    EXPECT_GE(result.latency.max(), 80 * kMillisecond);
    if (pipeline == 1) {
      // Seen from each connection's sending, only its first message of a stall was slow.
      EXPECT_LT(share_above(result.service, 50 * kMillisecond),
                share_above(result.latency, 50 * kMillisecond));
    }
  }
}

// A closed loop sends nothing while it waits, so the same stall all but vanishes from its numbers:
// the coordinated omission that --rate avoids.
TEST(AccuracyTest, AClosedLoopHidesAStall) {
  StallingServer server;
  BenchOptions options = bench_options(server.endpoint());
  options.connections = 1;
  options.duration = std::chrono::seconds(2);
  const BenchResult result = run_or_fail(options);
  EXPECT_LT(share_above(result.latency, 50 * kMillisecond), 0.05);
  EXPECT_GE(result.latency.max(), 80 * kMillisecond);
}

// The time series puts what happened where it happened.
TEST(AccuracyTest, TheTimeSeriesShowsWhenAStallWas) {
  StallingServer server;
  BenchOptions options = bench_options(server.endpoint());
  options.connections = 4;
  options.rate = 400;
  options.duration = std::chrono::seconds(2);
  options.interval = milliseconds(50);
  const BenchResult result = run_or_fail(options);
  ASSERT_EQ(result.intervals.size(), 40u);
  uint64_t sum = 0;
  size_t silent = 0;
  for (const BenchInterval& interval : result.intervals) {
    sum += interval.messages;
    if (interval.messages == 0) ++silent;
  }
  EXPECT_EQ(sum, result.messages);
  EXPECT_GE(silent, 3u);  // a stall of 100 ms covers at least one step, four times
}

}  // namespace
}  // namespace echod
