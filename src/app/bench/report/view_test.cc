#include "app/bench/report/view.h"

#include <gtest/gtest.h>

namespace echod {
namespace {

class ViewTest : public testing::Test {
 protected:
  ViewTest() {
    latency.record(1'000'000, 99);
    latency.record(50'000'000, 1);
    last.start_s = 2;
    last.length_s = 1;
    last.messages = 12'345;
    last.p50_ns = 1'000'000;
    last.p99_ns = 2'000'000;
  }

  BenchProgress progress(BenchProgress::Stage stage = BenchProgress::Stage::kMeasuring,
                         uint64_t errors = 0) {
    return {.stage = stage,
            .opened = 42,
            .elapsed_s = 3,
            .share = 0.5,
            .messages = 36'000,
            .errors = errors,
            .last = last,
            .latency = latency};
  }

  Histogram latency;
  BenchInterval last;
};

TEST_F(ViewTest, LiveLine) {
  EXPECT_EQ(live_line(progress(), {.in_place = true, .width = 80}),
            "[=================>                 ] 3.0 s  12,345/s  p50 1.00 ms  p99 1.00 ms");
}

TEST_F(ViewTest, LiveLineFitsEveryWidth) {
  size_t longest = 0;
  for (size_t width = 0; width < 200; ++width) {
    const std::string line =
        live_line(progress(BenchProgress::Stage::kMeasuring, 1'000'000), {.width = width});
    EXPECT_LE(line.size(), width > 0 ? width - 1 : 0);
    longest = std::max(longest, line.size());
  }
  EXPECT_GT(longest, 80u);
  EXPECT_LT(longest, 150u);  // a bar need not be wider
}

TEST_F(ViewTest, ErrorsAreRedWhereColourIsWanted) {
  const ViewStyle colour{.in_place = true, .colour = true, .width = 80};
  EXPECT_FALSE(live_line(progress(), colour).contains('\x1b'));
  const std::string line = live_line(progress(BenchProgress::Stage::kMeasuring, 3), colour);
  EXPECT_TRUE(line.starts_with("\x1b[31m"));
  EXPECT_TRUE(line.ends_with("\x1b[0m"));
  EXPECT_TRUE(line.contains("3 errors"));
  EXPECT_FALSE(live_line(progress(BenchProgress::Stage::kMeasuring, 3), {}).contains('\x1b'));
}

TEST_F(ViewTest, StagesInWords) {
  using Stage = BenchProgress::Stage;
  EXPECT_TRUE(live_line(progress(Stage::kOpening), {}).contains("opening connections: 42"));
  EXPECT_TRUE(live_line(progress(Stage::kWarmingUp), {}).contains("warming up"));
  EXPECT_TRUE(live_line(progress(Stage::kEnding), {}).contains("waiting for the last echoes"));
}

TEST_F(ViewTest, PlainLine) {
  EXPECT_EQ(plain_line(progress()), "3 s: 12,345 messages/s, p50 1.00 ms, p99 2.00 ms, no errors");
  EXPECT_EQ(plain_line(progress(BenchProgress::Stage::kMeasuring, 1)),
            "3 s: 12,345 messages/s, p50 1.00 ms, p99 2.00 ms, 1 error");
}

}  // namespace
}  // namespace echod
