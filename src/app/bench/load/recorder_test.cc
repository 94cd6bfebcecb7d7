#include "app/bench/load/recorder.h"

#include <gtest/gtest.h>

namespace echod {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time kFrom{std::chrono::hours(5)};

class RecorderTest : public testing::Test {
 protected:
  RecorderTest() {
    window.from = kFrom;
    window.until = kFrom + seconds(10);
  }

  void echo(Duration due, Duration took, uint64_t size = 64) {
    const Time now = kFrom + due + took;
    recorder.pass(now);
    recorder.echoed(kFrom + due, kFrom + due, now, size);
  }

  std::vector<Slice> slices() { return recorder.take_slices(complete_below); }

  RunWindow window;
  Recorder recorder{window, seconds(1), true};
  uint64_t complete_below = 0;
};

TEST_F(RecorderTest, CountsWhatWasDueInTheMeasurement) {
  echo(-milliseconds(1), milliseconds(2));
  echo(milliseconds(0), milliseconds(2));
  echo(milliseconds(9999), milliseconds(500));  // it comes back after the end
  echo(milliseconds(10'000), milliseconds(1));
  recorder.finish();
  uint64_t messages = 0;
  uint64_t bytes = 0;
  for (const Slice& slice : slices()) {
    messages += slice.messages;
    bytes += slice.bytes;
    EXPECT_EQ(slice.latency.count(), slice.messages);
  }
  EXPECT_EQ(messages, 2u);
  EXPECT_EQ(bytes, 128u);
  EXPECT_EQ(recorder.service().count(), 2u);
  EXPECT_EQ(recorder.last_echo(), kFrom + milliseconds(10'499));
}

TEST_F(RecorderTest, LatencyCountsFromDueAndServiceFromSent) {
  recorder.pass(kFrom + milliseconds(30));
  recorder.echoed(kFrom, kFrom + milliseconds(20), kFrom + milliseconds(30), 64);
  recorder.finish();
  EXPECT_NEAR(static_cast<double>(slices().at(0).latency.max()), 30e6, 30e3);
  EXPECT_NEAR(static_cast<double>(recorder.service().max()), 10e6, 10e3);
}

TEST_F(RecorderTest, HandsSlicesOverWhenTheyAreComplete) {
  echo(milliseconds(100), milliseconds(1));
  EXPECT_TRUE(slices().empty());
  EXPECT_EQ(complete_below, 0u);
  echo(milliseconds(1100), milliseconds(1));
  std::vector<Slice> first = slices();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].index, 0u);
  EXPECT_EQ(first[0].messages, 1u);
  EXPECT_EQ(complete_below, 1u);
  recorder.pass(kFrom + milliseconds(5500));  // nothing happened for long
  std::vector<Slice> second = slices();
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].index, 1u);
  EXPECT_EQ(complete_below, 5u);
  echo(milliseconds(5600), milliseconds(1));
  recorder.finish();
  std::vector<Slice> last = slices();
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(last[0].index, 5u);
  EXPECT_EQ(complete_below, UINT64_MAX);
}

TEST_F(RecorderTest, TheBeginningMayBecomeKnownLate) {
  window.from = kNever;
  recorder.pass(kFrom);
  recorder.echoed(kFrom, kFrom, kFrom, 64);
  window.from = kFrom + seconds(1);
  echo(milliseconds(1500), milliseconds(1));
  echo(milliseconds(2500), milliseconds(1));
  const std::vector<Slice> first = slices();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].messages, 1u);
  EXPECT_EQ(first[0].index, 0u);
}

TEST_F(RecorderTest, CountsOpenConnections) {
  recorder.connected(milliseconds(3), kFrom - seconds(1));  // before the measurement
  recorder.connected(milliseconds(3), kFrom);
  recorder.connected(milliseconds(3), kFrom);
  recorder.closed();
  EXPECT_EQ(recorder.connects(), 2u);
  EXPECT_EQ(recorder.connect().count(), 2u);
  recorder.ending();  // what closes now does so because the run is over
  recorder.closed();
  recorder.finish();
  EXPECT_EQ(slices().at(0).connections, 2u);
}

TEST_F(RecorderTest, KeepsTheFirstErrorsInWords) {
  for (int i = 0; i < 20; ++i) recorder.failed(i % 2 == 0 ? "reset" : "closed", std::to_string(i));
  EXPECT_EQ(recorder.errors(), (std::map<std::string, uint64_t>{{"closed", 10}, {"reset", 10}}));
  ASSERT_EQ(recorder.first_errors().size(), Recorder::kFirstErrorsMax);
  EXPECT_EQ(recorder.first_errors()[3], "3");
}

}  // namespace
}  // namespace echod
