// The text report: what is in it, what is left out, and that it stays in its columns.
#include "app/bench/report/report_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <string>
#include <vector>

#include "app/bench/bench_test_util.h"

namespace echod {
namespace {

bool has(const std::string& text, const std::string& pattern) {
  return std::regex_search(text, std::regex(pattern));
}

size_t widest(const std::string& text) {
  size_t widest = 0;
  for (size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
    end = text.find('\n', begin);
    widest = std::max(widest, std::min(end, text.size()) - begin);
  }
  return widest;
}

BenchResult closed_loop() {
  BenchResult result = sample_result(1, 2);
  result.plan.loop = "closed";
  result.plan.rate = 0;
  result.plan.sizes = "64";
  result.plan.idle_connections = 0;
  result.service = result.latency;
  result.connect = Histogram();
  result.connects = 0;
  result.unanswered = 0;
  result.late_sends = 0;
  result.errors = {};
  result.first_errors = {};
  result.ceiling_per_s = 0;
  return result;
}

TEST(ReportTextTest, AnOpenLoopHasAllOfIt) {
  const BenchResult result = sample_result(1, 6);
  const std::string text = text_report(result);
  EXPECT_TRUE(
      text.starts_with("tcp://127.0.0.1:7777\nOpen loop, target rate 20,000 messages/s, "
                       "64 (9 in 10), 1024 (1 in 10) bytes, every byte verified\n"
                       "50 connections on 2 threads, 100 additional idle connections, measured for "
                       "6.00 s after 250 ms of\n  warm-up\n"))
      << text;
  for (const char* pattern :
       {"\n  Messages +120,000 +20,000/s\n", "\n  Payload +19.2 MB +3.20 MB/s   each way\n",
        "\n  Connects +50 +8.33/s\n", "\n  Unanswered +12  in flight", "\n  Not sent +4  due",
        "\n  Errors +3 +0.0025 %   1 corrupt, 2 reset\n", "\n +Latency +Service +Connect\n",
        "\n  p50 +[0-9.]+ us +[0-9.]+ us +[0-9.]+ us\n", "\n  p99.999 ", "\n  max ", "\n  mean ",
        "\n  stddev ", "when a message was due",
        "First errors\n  connection 17: byte 4096 of the stream is 0x41, not 0x42\n",
        "Load tester: 11.5 s of CPU time, CPU utilisation 19 % of 2 processors; ceiling "
        "410,000",
        "Send lag: p99 21.0 us\n"}) {
    EXPECT_TRUE(has(text, pattern)) << pattern << " in\n" << text;
  }
  EXPECT_FALSE(has(text, "WARNING")) << text;
  EXPECT_LE(widest(text), 100U) << text;
}

TEST(ReportTextTest, AClosedLoopLeavesOutWhatItHasNot) {
  const std::string text = text_report(closed_loop());
  EXPECT_TRUE(has(text, "\nClosed loop, 64 bytes, every byte verified\n")) << text;
  EXPECT_TRUE(has(text, "\n  Errors +none\n")) << text;
  EXPECT_TRUE(has(text, "\n +Latency\n")) << text;
  for (const char* word : {"Service", "Connect", "idle", "Unanswered", "Not sent", "First errors",
                           "Schedule", "ceiling", "WARNING"}) {
    EXPECT_FALSE(has(text, word)) << word << " in\n" << text;
  }
}

TEST(ReportTextTest, EachWarningWhereItBelongs) {
  EXPECT_TRUE(warnings_of(sample_result(1, 2)).empty());
  const auto only = [](auto change) {
    BenchResult result = sample_result(1, 2);
    change(result);
    const std::vector<std::string> warnings = warnings_of(result);
    EXPECT_EQ(warnings.size(), 1U);
    EXPECT_TRUE(has(text_report(result), "\nWARNING: "));
    return warnings.empty() ? "" : warnings.front();
  };
  EXPECT_EQ(only([](BenchResult& result) { result.interrupted = true; }),
            "Interrupted after 2.00 s: the figures cover that time.");
  EXPECT_EQ(only([](BenchResult& result) { result.messages = 0; }), "No message was echoed.");
  EXPECT_TRUE(has(only([](BenchResult& result) { result.at_ceiling = true; }), "own ceiling"));
  EXPECT_EQ(only([](BenchResult& result) { result.plan.rate = 20'500; }),
            "The target rate was not reached: 20,000 of 20,500 messages/s.");
  EXPECT_EQ(only([](BenchResult& result) { result.latency.record(UINT64_MAX); }),
            "1 latency value of more than an hour, counted as an hour.");
}

TEST(ReportTextTest, NothingAtAllIsStillAReport) {
  const std::string text = text_report(BenchResult());
  EXPECT_TRUE(has(text, "\n  Messages +0 +0/s\n")) << text;
  EXPECT_TRUE(has(text, "\n  p50 +-\n")) << text;
  EXPECT_TRUE(has(text, "WARNING: No message was echoed.\n")) << text;
}

TEST(ReportTextTest, LatenciesOfUnknownRunsClaimNothing) {
  BenchResult result;
  result.latency.record(1000);
  result.messages = 1;
  EXPECT_TRUE(text_report(result).starts_with("Latencies alone, of unknown runs\n"));
  EXPECT_FALSE(has(text_report(result), "verified"));
}

TEST(ReportTextTest, TheLargestFiguresStayInTheirColumns) {
  BenchResult result = sample_result(1, 2);
  result.plan.rate = 123'456'789;
  result.plan.connect_each = true;
  result.plan.pipeline = 1000;
  result.plan.connections = 1'000'000;
  result.plan.idle_connections = 1'000'000;
  result.plan.threads = 128;
  result.messages = 999'999'999'999;
  result.bytes = 999'999'999'999'999;
  result.connects = 999'999'999;
  result.at_ceiling = true;
  result.ceiling_per_s = 999'999'999;
  result.environment.processors = 1024;
  for (const char* kind : {"corrupt", "reset", "timeout", "connect", "closed", "protocol"}) {
    result.errors[kind] = 123'456'789;
  }
  result.first_errors.resize(200, "x");
  const std::string text = text_report(result);
  EXPECT_LE(widest(text), 100U) << text;
  EXPECT_TRUE(has(text, "123,456,789 timeout")) << text;
  EXPECT_TRUE(has(text, "\n  and 740,740,729 more\n")) << text;
}

TEST(ReportTextTest, NothingControlsTheTerminal) {
  BenchResult result = sample_result(1, 2);
  result.plan.url = "tcp://\x1b[31mhost\x07:1\r\n";
  result.plan.sizes = "\x1b[1m";
  result.first_errors = {
      "bad \x1b]0;title\x07 \xc2\x9b"
      "31m \xff\xfe end \xe2\x82\xac"};
  result.errors = {{"\x1b[2J", 1}};
  const std::string text = text_report(result);
  EXPECT_TRUE(text.starts_with("tcp://?[31mhost?:1??\n")) << text;
  EXPECT_TRUE(has(text, "bad \\?\\]0;title\\? \\?\\?31m \\?\\? end \xe2\x82\xac\n")) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\x9b'), std::string::npos);
}

TEST(ReportTextTest, WhatIsNotUtf8IsNotPrinted) {
  EXPECT_EQ(printable("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
            "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
  EXPECT_EQ(printable("a\xe2\x82"), "a??");
  EXPECT_EQ(printable("\xe0\x82\x9b"), "???");       // CSI, overlong
  EXPECT_EQ(printable("\xf0\x80\x82\x9b"), "????");  //
  EXPECT_EQ(printable("\xed\xa0\x80"), "???");       // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "????");  // beyond U+10FFFF
}

TEST(ReportTextTest, PlansInWords) {
  BenchPlan plan = {.url = "",
                    .loop = "closed",
                    .sizes = "64",
                    .connections = 1,
                    .threads = 1,
                    .pipeline = 16,
                    .idle_connections = 0,
                    .rate = 0,
                    .connect_each = false,
                    .verify = false,
                    .warm_up_s = 0};
  EXPECT_EQ(mode_in_words(plan),
            "Closed loop, 16 messages in flight on each, 64 bytes, not verified");
  EXPECT_EQ(connections_in_words(plan), "1 connection on 1 thread");
  plan.loop = "open";
  EXPECT_EQ(
      mode_in_words(plan),
      "Open loop, target rate 0 messages/s, at most 16 messages in flight on each, 64 bytes, not "
      "verified");
  plan.loop = "";
  EXPECT_TRUE(mode_in_words(plan).starts_with("Closed and open loops, 16 "));
  plan.loop = "closed";
  plan.pipeline = 1;
  plan.connect_each = true;
  EXPECT_EQ(mode_in_words(plan),
            "Closed loop, a connection for each message, 64 bytes, not verified");
}

}  // namespace
}  // namespace echod
