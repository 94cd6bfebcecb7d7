// Interval logs: what is read back is what was written, logs of other tools are read, damage is
// named with its line.
#include "app/bench/report/hlog.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "app/bench/bench_test_util.h"
#include "app/bench/report/report_json.h"
#include "app/bench/report/utc_time.h"

namespace echod {
namespace {

std::string hlog_error_of(const std::string& text) {
  const auto parsed = parse_hlog(text);
  return parsed ? "no error" : parsed.error();
}

size_t times_in(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(HlogTest, WhatIsReadIsWhatWasWritten) {
  const BenchResult result = sample_result(1, 6);
  const auto parsed = parse_hlog(hlog_report(result));
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(json_report(*parsed), json_report(result));
}

TEST(HlogTest, HasALineForEachIntervalAndOneForEachOtherTime) {
  const std::string log = hlog_report(sample_result(1, 6));
  EXPECT_TRUE(
      log.starts_with("#[Written by echod bench 0.1.0: latencies in nanoseconds]\n"
                      "#[Histogram log format version 1.3]\n"
                      "#[BaseTime: 1767323045.000 (seconds since epoch)]\n"
                      "#[StartTime: 1767323045.000 (seconds since epoch), "
                      "2026-01-02T03:04:05Z]\n"));
  EXPECT_EQ(times_in(log, "\n4.000,1.000,100.073,HISTF"), 1U);
  EXPECT_EQ(times_in(log, ".000,1.000,"), 6U);
  EXPECT_EQ(times_in(log, "\nTag=service,0.000,6.000,"), 1U);
  EXPECT_EQ(times_in(log, "\nTag=connect,0.000,6.000,"), 1U);
}

TEST(HlogTest, IntervalsThatAreNotAllOfItAreNotWritten) {
  for (const bool lost : {true, false}) {
    BenchResult result = sample_result(1, 6);
    if (lost) result.intervals[2].latency = "";
    if (!lost) result.latency.record(5);  // in no interval
    const std::string log = hlog_report(result);
    EXPECT_EQ(times_in(log, "\n0.000,6.000,"), 1U);
    EXPECT_EQ(times_in(log, ".000,1.000,"), 0U);
    const auto parsed = parse_hlog(log);
    ASSERT_TRUE(parsed) << parsed.error();
    EXPECT_EQ(json_report(*parsed), json_report(result));
  }
}

TEST(HlogTest, ReadsTheLogsOfOtherTools) {
  // By HistogramLogWriter of the Java library: 1, 1000, 1000, 2049, 123456789, 3600000000000.
  const std::string histogram =
      "HISTFAAAADF42pNpmSzMwMAgwAABzFCaEch0M9ixgMH+A1SE6TQ/y1oBps1/GZnuv2FkAgC9HAl7";
  const std::string log =
      "#[Histogram log format version 1.3]\r\n"
      "#[StartTime: 86400.000 (seconds since epoch), Fri Jan 02 00:00:00 UTC 1970]\r\n"
      "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\""
      "\r\n100.000,1.500,3601330.078," +
      histogram + "\r\n101.500,2.000,3601330.078," + histogram + "\n\n";
  EXPECT_TRUE(is_hlog(log));
  const auto parsed = parse_hlog(log);
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(parsed->messages, 12U);
  EXPECT_EQ(parsed->latency.count(), 12U);
  EXPECT_EQ(parsed->latency.value_at(50), 1000U);
  EXPECT_EQ(parsed->elapsed_s, 3.5);
  ASSERT_EQ(parsed->intervals.size(), 2U);
  EXPECT_EQ(parsed->intervals[1].start_s, 1.5);
  EXPECT_EQ(parsed->intervals[1].length_s, 2);
  EXPECT_EQ(parsed->intervals[1].messages, 6U);
  EXPECT_EQ(parsed->intervals[1].p50_ns, 1000U);
  EXPECT_EQ(parsed->environment.started_at, "1970-01-02T00:00:00Z");
  EXPECT_EQ(parsed->plan.loop, "");
}

TEST(HlogTest, DamageIsNamedWithItsLine) {
  EXPECT_EQ(hlog_error_of(""), "no error");
  EXPECT_EQ(hlog_error_of("#[x]\nhello\n"), "line 2: it does not begin with a start and a length");
  EXPECT_EQ(hlog_error_of("-1,1,1,AAAA\n"), "line 1: it does not begin with a start and a length");
  EXPECT_EQ(hlog_error_of("1,nan,1,AAAA\n"), "line 1: it does not begin with a start and a length");
  EXPECT_EQ(hlog_error_of("1,1,1,AAAA"), "line 1: the encoded histogram is cut off");
  EXPECT_EQ(hlog_error_of("1,1"), "line 1: the encoded histogram is cut off");
  EXPECT_EQ(hlog_error_of("Tag=other,1,1,1,AAAA"),
            "line 1: its tag is neither service nor connect");
  EXPECT_EQ(hlog_error_of("#[Report: {}]\n"), "line 1: schema is missing");

  const std::string log = hlog_report(sample_result(1, 6));
  const size_t last = log.find("\n5.000,1.000,");
  std::string cut = log;
  cut.erase(last, log.find('\n', last + 1) - last);
  EXPECT_EQ(hlog_error_of(cut), "its intervals do not add up to its report");
}

TEST(HlogTest, NoDamageDoesHarm) {
  const std::string good = hlog_report(sample_result(1, 2));
  std::mt19937_64 random(17);
  size_t refused = 0;
  for (int i = 0; i < 300; ++i) {
    std::string damaged = good;
    if (i % 2 == 0) damaged.resize(random() % damaged.size());
    for (int k = 0; k < 3 && !damaged.empty(); ++k) {
      damaged[random() % damaged.size()] = "0,\n=T#]-.A"[random() % 10];
    }
    refused += parse_hlog(damaged) ? 0 : 1;
  }
  EXPECT_GT(refused, 150U);  // a log that ends before its report is a log of somebody else
}

TEST(HlogTest, TooManyIntervalsAreRefused) {
  const std::string line = "0,1,0," + encode_histogram(Histogram()) + "\n";
  std::string log;
  for (size_t i = 0; i < 100; ++i) log += line;
  EXPECT_TRUE(parse_hlog(log, 100));
  EXPECT_EQ(parse_hlog(log + line, 100).error(), "line 101: there are more than 100 intervals");
}

TEST(HlogTest, TellsALogFromAReport) {
  EXPECT_TRUE(is_hlog(hlog_report(BenchResult())));
  EXPECT_FALSE(is_hlog(json_report(BenchResult())));
  EXPECT_FALSE(is_hlog(""));
}

TEST(UtcTimeTest, ThereAndBack) {
  for (const char* text : {"1970-01-01T00:00:00Z", "2026-01-02T03:04:05Z", "2024-02-29T23:59:59Z",
                           "9999-12-31T23:59:59Z"}) {
    const auto seconds = parse_utc(text);
    ASSERT_TRUE(seconds) << text;
    EXPECT_EQ(format_utc(*seconds), text);
  }
  EXPECT_EQ(parse_utc("2026-01-02T03:04:05Z"), 1'767'323'045);
  EXPECT_EQ(parse_utc("1970-01-01T00:00:01.25Z"), 1.25);
}

TEST(UtcTimeTest, WhatIsNoPointInTime) {
  for (const char* text :
       {"", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02 03:04:05Z", "2026-13-02T03:04:05Z",
        "2025-02-29T03:04:05Z", "2026-01-02T24:04:05Z", "2026-01-02T03:60:05Z",
        "2026-01-02T03:04:61Z", "2026-01-02T03:04:05xZ", "2026-01-02T03:04:05.Z",
        "1969-12-31T23:59:59Z", "2026-01-0aT03:04:05Z", "2026-1--02T03:04:05Z"}) {
    EXPECT_EQ(parse_utc(text), std::nullopt) << text;
  }
  EXPECT_EQ(format_utc(-1), "");
  EXPECT_EQ(format_utc(1e15), "");
}

}  // namespace
}  // namespace echod
