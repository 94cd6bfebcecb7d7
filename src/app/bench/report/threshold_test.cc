// Thresholds: what they say, when they are broken, and what is no threshold.
#include "app/bench/report/threshold.h"

#include <gtest/gtest.h>

#include <string>

#include "app/bench/bench_test_util.h"

namespace echod {
namespace {

using Measure = Threshold::Measure;

// 1000 messages of 1 to 1000 us in 2 s, 100 bytes each; 10 errors.
BenchResult thousand() {
  BenchResult result;
  for (uint64_t i = 1; i <= 1000; ++i) result.latency.record(i * 1000);
  result.messages = 1000;
  result.bytes = 100'000;
  result.elapsed_s = 2;
  result.errors = {{"reset", 4}, {"corrupt", 6}};
  return result;
}

bool breaks(const std::string& text, const BenchResult& result) {
  const auto threshold = parse_threshold(text);
  EXPECT_TRUE(threshold) << threshold.error();
  return threshold && threshold->broken_by(result);
}

std::string limit_error_of(const std::string& text) {
  const auto threshold = parse_threshold(text);
  return threshold ? "no error" : threshold.error();
}

TEST(ThresholdTest, SaysWhatWasGiven) {
  const Threshold threshold = parse_threshold(" p99.9 >= 1.5ms").value();
  EXPECT_EQ(threshold.measure, Measure::kPercentile);
  EXPECT_EQ(threshold.percentile, 99.9);
  EXPECT_EQ(threshold.limit, 1.5e6);
  EXPECT_TRUE(threshold.above);
  EXPECT_TRUE(threshold.inclusive);
  EXPECT_EQ(threshold.text, " p99.9 >= 1.5ms");
  EXPECT_FALSE(parse_threshold("rate<5").value().above);
  EXPECT_FALSE(parse_threshold("rate<5").value().inclusive);
}

TEST(ThresholdTest, EveryUnit) {
  const auto limit = [](const char* text) { return parse_threshold(text).value().limit; };
  EXPECT_EQ(limit("p99>7ns"), 7);
  EXPECT_EQ(limit("p99>7us"), 7e3);
  EXPECT_EQ(limit("mean>7ms"), 7e6);
  EXPECT_EQ(limit("max>7s"), 7e9);
  EXPECT_EQ(limit("max>2m"), 120e9);
  EXPECT_EQ(limit("max>1h"), 3600e9);
  EXPECT_EQ(limit("rate<7"), 7);
  EXPECT_EQ(limit("rate<7.5k"), 7500);
  EXPECT_EQ(limit("rate<7K/s"), 7000);
  EXPECT_EQ(limit("rate<7M"), 7e6);
  EXPECT_EQ(limit("throughput<7"), 7);
  EXPECT_EQ(limit("throughput<7kB/s"), 7e3);
  EXPECT_EQ(limit("throughput<1.5GB"), 1.5e9);
  EXPECT_EQ(limit("throughput<2GiB"), 2147483648.0);
  EXPECT_EQ(limit("throughput<1K"), 1024);
  EXPECT_EQ(limit("errors>3"), 3);
  EXPECT_EQ(parse_threshold("errors>3").value().measure, Measure::kErrors);
  EXPECT_EQ(limit("errors>5%"), 0.05);
  EXPECT_EQ(parse_threshold("errors>5%").value().measure, Measure::kErrorShare);
}

TEST(ThresholdTest, IsBrokenOnTheRightSide) {
  const BenchResult result = thousand();
  for (const auto& [at_most, just_beyond] : {std::pair{"p50>501us", "p50>500us"},
                                             {"p99>991us", "p99>990us"},
                                             {"p99.9>1ms", "p99.9>999us"},
                                             {"mean>501us", "mean>500us"},
                                             {"max>1.001ms", "max>999us"},
                                             {"rate<500", "rate<501"},
                                             {"rate>500", "rate>499"},
                                             {"throughput<50kB", "throughput<50.1kB"},
                                             {"errors>10", "errors>9"},
                                             {"errors>1%", "errors>0.9%"},
                                             {"errors<10", "errors<11"}}) {
    EXPECT_FALSE(breaks(at_most, result)) << at_most;
    EXPECT_TRUE(breaks(just_beyond, result)) << just_beyond;
  }
}

TEST(ThresholdTest, InclusiveOnesAreBrokenAtTheLimit) {
  const BenchResult result = thousand();
  EXPECT_FALSE(breaks("errors>10", result));
  EXPECT_TRUE(breaks("errors>=10", result));
  EXPECT_FALSE(breaks("errors>=11", result));
  EXPECT_FALSE(breaks("rate<500", result));
  EXPECT_TRUE(breaks("rate<=500", result));
  EXPECT_FALSE(breaks("rate<=499", result));
}

TEST(ThresholdTest, ARunWithoutAnythingIsNotAFastOne) {
  const BenchResult nothing;
  EXPECT_TRUE(breaks("p99>5ms", nothing));
  EXPECT_TRUE(breaks("mean>5ms", nothing));
  EXPECT_TRUE(breaks("max>5ms", nothing));
  EXPECT_TRUE(breaks("rate<1", nothing));
  EXPECT_TRUE(breaks("throughput<1", nothing));
  EXPECT_FALSE(breaks("errors>0", nothing));
  EXPECT_FALSE(breaks("errors>0%", nothing));
}

TEST(ThresholdTest, WhatIsNoThresholdIsToldWithOneThatIs) {
  EXPECT_EQ(limit_error_of(""), "\"\": there is no < or > in it; for example p99>5ms");
  EXPECT_EQ(limit_error_of("p99=5ms"),
            "\"p99=5ms\": there is no < or > in it; for example p99>5ms");
  EXPECT_EQ(limit_error_of("q99>5ms"),
            "\"q99>5ms\": it can be p50, p99.9 and so on, mean, max, rate, throughput or errors; "
            "for example p99>5ms");
  EXPECT_EQ(limit_error_of("p99>5"),
            "\"p99>5\": the limit must be a duration with its unit; for example p99>5ms");
  EXPECT_EQ(limit_error_of("rate<5ms"),
            "\"rate<5ms\": the limit must be messages per second; for example rate<50k");
  EXPECT_EQ(limit_error_of("errors>200%"),
            "\"errors>200%\": a share is between 0 and 100 %; for example errors>0.1%");
  for (const char* text : {"p>5ms",    "p0>5ms",    "p101>5ms", "p-1>5ms",   "pnan>5ms",
                           "p99x>5ms", "p99>",      "p99>-5ms", "p99>nanms", "p99>infs",
                           "p99>5ms5", "p99>>5ms",  "p99><5ms", ">5ms",      "mean>1",
                           "max>x",    "rate<",     "rate<-1",  "rate<1e5",  "throughput<1GBps",
                           "errors>x", "errors>-1", "errors>%"}) {
    EXPECT_NE(limit_error_of(text).find("for example"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace echod
