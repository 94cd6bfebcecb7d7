// JSON reports: what is read back is what was written, derived figures are right, damage is named.
#include "app/bench/report/report_json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "app/bench/bench_test_util.h"

namespace echod {
namespace {

using nlohmann::json;

std::string error_of(const json& document) {
  const auto parsed = parse_json_report(document.dump());
  return parsed ? "no error" : parsed.error();
}

const json& sample_document() {
  static const json document = json::parse(json_report(sample_result(1, 6)));
  return document;
}

TEST(ReportJsonTest, WhatIsReadIsWhatWasWritten) {
  BenchResult result = sample_result(1, 6);
  result.latency.record(UINT64_MAX, 2);
  result.intervals[2].latency = "";
  const std::string text = json_report(result);
  const auto parsed = parse_json_report(text);
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(json_report(*parsed), text);
  EXPECT_EQ(parsed->latency, result.latency);
  EXPECT_EQ(parsed->service, result.service);
  EXPECT_EQ(parsed->connect, result.connect);
  EXPECT_EQ(parsed->errors, result.errors);
  EXPECT_EQ(parsed->first_errors, result.first_errors);
  EXPECT_EQ(parsed->elapsed_s, result.elapsed_s);
  EXPECT_EQ(parsed->intervals.size(), result.intervals.size());
  EXPECT_EQ(parsed->intervals[2].latency, "");
  EXPECT_EQ(parsed->intervals[3].latency, result.intervals[3].latency);
}

// Each member with a value of its own, so that none can stand in for another.
TEST(ReportJsonTest, EveryMemberHasItsPlace) {
  BenchResult result;
  result.plan = {.url = "u",
                 .loop = "l",
                 .sizes = "s",
                 .connections = 1,
                 .threads = 2,
                 .pipeline = 3,
                 .idle_connections = 4,
                 .rate = 5.5,
                 .connect_each = true,
                 .verify = false,
                 .warm_up_s = 6.5};
  result.environment = {.echod_version = "v",
                        .compiler = "c",
                        .engine = "e",
                        .kernel = "k",
                        .machine = "m",
                        .cpu = "p",
                        .processors = 7,
                        .started_at = "t"};
  result.elapsed_s = 8;
  result.interrupted = true;
  result.messages = 16;
  result.bytes = 10;
  result.connects = 11;
  result.unanswered = 12;
  result.late_sends = 13;
  result.tester_cpu_s = 14.5;
  result.tester_cpu_busy = 0.5;
  result.schedule_lag_p99_ns = 15;
  result.ceiling_per_s = 17;
  result.at_ceiling = true;
  result.intervals = {{.start_s = 1,
                       .length_s = 2,
                       .messages = 3,
                       .bytes = 4,
                       .errors = 5,
                       .connections = 6,
                       .p50_ns = 7,
                       .p90_ns = 8,
                       .p99_ns = 9,
                       .max_ns = 10,
                       .latency = ""}};
  const std::string text = json_report(result);
  const json document = json::parse(text);
  EXPECT_EQ(document["plan"], json::parse(R"({"url": "u", "loop": "l", "sizes": "s",
      "connections": 1, "threads": 2, "pipeline": 3, "idle_connections": 4, "rate_per_s": 5.5,
      "connect_each": true, "verify": false, "warm_up_s": 6.5})"));
  EXPECT_EQ(document["environment"], json::parse(R"({"echod_version": "v", "compiler": "c",
      "engine": "e", "kernel": "k", "machine": "m", "cpu": "p", "processors": 7,
      "started_at": "t"})"));
  EXPECT_EQ(document["totals"], json::parse(R"({"elapsed_s": 8.0, "interrupted": true,
      "messages": 16, "bytes": 10, "messages_per_s": 2.0, "bytes_per_s": 1.25, "connects": 11,
      "unanswered": 12, "late_sends": 13, "errors": 0})"));
  EXPECT_EQ(document["tester"], json::parse(R"({"cpu_s": 14.5, "cpu_busy": 0.5,
      "schedule_lag_p99_ns": 15, "ceiling_per_s": 17.0, "at_ceiling": true})"));
  EXPECT_EQ(document["intervals"], json::parse(R"([{"start_s": 1.0, "length_s": 2.0,
      "messages": 3, "bytes": 4, "errors": 5, "connections": 6, "p50_ns": 7, "p90_ns": 8,
      "p99_ns": 9, "max_ns": 10}])"));
  const auto parsed = parse_json_report(text);
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(json_report(*parsed), text);
}

TEST(ReportJsonTest, SaysWhenItMeasuredWhereItIsTheRunItself) {
  BenchResult result = sample_result(1, 1);
  EXPECT_FALSE(json::parse(json_report(result)).contains("window"));
  result.window_begin_ns = 5;
  result.window_end_ns = 7;
  const std::string text = json_report(result);
  EXPECT_EQ(json::parse(text)["window"], json::parse(R"({"begin_ns": 5, "end_ns": 7})"));
  const auto parsed = parse_json_report(text);
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(parsed->window_begin_ns, 0u);
}

TEST(ReportJsonTest, FiguresAreThoseOfTheHistogram) {
  const BenchResult result = sample_result(1, 6);
  const json& latency = sample_document()["latency"];
  EXPECT_EQ(latency["count"], result.latency.count());
  EXPECT_EQ(latency["max_ns"], result.latency.max());
  EXPECT_EQ(latency["mean_ns"], result.latency.mean());
  for (const auto& [name, percentile] :
       {std::pair{"p50", 50.0}, {"p99", 99.0}, {"p99.9", 99.9}, {"p99.999", 99.999}}) {
    EXPECT_EQ(latency["percentiles_ns"][name], result.latency.value_at(percentile)) << name;
  }
  EXPECT_EQ(latency["percentiles_ns"].size(), std::size(kReportPercentiles));
  EXPECT_EQ(sample_document()["totals"]["errors"], 3);
  EXPECT_EQ(sample_document()["errors"]["by_kind"]["reset"], 2);
}

TEST(ReportJsonTest, TheCurveRisesToTheMaximum) {
  const json& curve = sample_document()["latency"]["curve"];
  ASSERT_GT(curve.size(), 50U);  // five for each halving of 120,000
  EXPECT_EQ(curve.front()[0], 0);
  EXPECT_EQ(curve.back()[0], 100);
  EXPECT_EQ(curve.back()[1], sample_document()["latency"]["max_ns"]);
  for (size_t i = 1; i < curve.size(); ++i) {
    EXPECT_GT(curve[i][0], curve[i - 1][0]);
    EXPECT_GE(curve[i][1], curve[i - 1][1]);
  }
  EXPECT_EQ(json::parse(json_report({}))["latency"]["curve"], json::array());
}

TEST(ReportJsonTest, AReportForShowingHasNoHistograms) {
  const BenchResult result = sample_result(1, 6);
  const std::string text = json_report(result, HistogramDetail::kReadings);
  EXPECT_EQ(text.find("hdr_v2"), std::string::npos);
  EXPECT_EQ(parse_json_report(text).error(), "latency.hdr_v2 is missing");
}

TEST(ReportJsonTest, WhatJsonCannotSayIsWrittenAsItCan) {
  BenchResult result;
  result.elapsed_s = std::numeric_limits<double>::infinity();
  result.tester_cpu_busy = std::nan("");
  result.plan.url = "tcp://\xff\xfe:1/\"</script>";
  const auto parsed = parse_json_report(json_report(result));
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(parsed->elapsed_s, 0);
  EXPECT_EQ(parsed->tester_cpu_busy, 0);
  EXPECT_EQ(parsed->plan.url, "tcp://\uFFFD\uFFFD:1/\"</script>");
}

TEST(ReportJsonTest, EveryMemberIsRequiredAndNamed) {
  for (const auto& [group, members] : sample_document().items()) {
    json without = sample_document();
    without.erase(group);
    EXPECT_EQ(error_of(without), group + " is missing");
    if (group == "schema" || group == "intervals") continue;
    for (const auto& [member, value] : members.items()) {
      const bool derived = member.ends_with("_ns") || member.ends_with("s_per_s") ||
                           member == "curve" || (group == "totals" && member == "errors");
      if (derived && group != "tester") continue;
      without = sample_document();
      without[group].erase(member);
      EXPECT_EQ(error_of(without), group + "." + member + " is missing");
    }
  }
  json without = sample_document();
  without["intervals"][3].erase("p99_ns");
  EXPECT_EQ(error_of(without), "intervals[3].p99_ns is missing");
}

TEST(ReportJsonTest, WrongTypesAreNamed) {
  const auto changed = [](const char* pointer, const json& value) {
    json document = sample_document();
    document[json::json_pointer(pointer)] = value;
    return error_of(document);
  };
  EXPECT_EQ(changed("/plan/url", 1), "plan.url is not a string");
  EXPECT_EQ(changed("/plan/verify", 1), "plan.verify is not true or false");
  EXPECT_EQ(changed("/totals/messages", -1), "totals.messages is not a whole number");
  EXPECT_EQ(changed("/totals/messages", 1.5), "totals.messages is not a whole number");
  EXPECT_EQ(changed("/totals/elapsed_s", -1), "totals.elapsed_s is not a number of 0 or more");
  EXPECT_EQ(changed("/totals/elapsed_s", "1"), "totals.elapsed_s is not a number of 0 or more");
  EXPECT_EQ(changed("/totals", json::array()), "totals is not an object");
  EXPECT_EQ(changed("/intervals", 1), "intervals is not a list");
  EXPECT_EQ(changed("/intervals/2", 1), "intervals[2] is not an object");
  EXPECT_EQ(changed("/intervals/2/hdr_v2", "AAAA"),
            "intervals[2].hdr_v2 is wrong: the encoded histogram is cut off");
  EXPECT_EQ(changed("/errors/by_kind", 1), "errors.by_kind is not an object");
  EXPECT_EQ(changed("/errors/by_kind/reset", "x"), "errors.by_kind.reset is not a whole number");
  EXPECT_EQ(changed("/errors/first", 1), "errors.first is not a list");
  EXPECT_EQ(changed("/errors/first/0", 1), "errors.first is not a list of strings");
  EXPECT_EQ(changed("/latency/count", 1), "latency.count is not that of hdr_v2");
  EXPECT_EQ(changed("/latency/clipped", 1), "latency.clipped is more than hdr_v2 has");
  EXPECT_EQ(changed("/latency/hdr_v2", "AAAA"),
            "latency.hdr_v2 is wrong: the encoded histogram is cut off");
}

TEST(ReportJsonTest, OtherDocumentsAreTold) {
  EXPECT_EQ(parse_json_report("").error(), "it is not JSON");
  EXPECT_EQ(parse_json_report("{\"schema\": 1e999}").error(), "it is not JSON");
  EXPECT_EQ(parse_json_report("[]").error(), "the document is not an object");
  EXPECT_EQ(parse_json_report("{}").error(), "schema is missing");
  EXPECT_EQ(parse_json_report(R"({"schema": "other"})").error(),
            "schema is not that of a report of echod bench");
  EXPECT_EQ(parse_json_report(R"({"schema": "echod-bench/2"})").error(),
            "schema is echod-bench/2; this echod reads echod-bench/1");
  EXPECT_EQ(parse_json_report(std::string(100'000, '[')).error(), "it is not JSON");
}

TEST(ReportJsonTest, NoDamageDoesHarm) {
  const std::string good = json_report(sample_result(1, 2));
  std::mt19937_64 random(13);
  size_t refused = 0;
  for (int i = 0; i < 300; ++i) {
    std::string damaged = good;
    if (i % 2 == 0) damaged.resize(random() % damaged.size());
    for (int k = 0; k < 3 && !damaged.empty(); ++k) {
      damaged[random() % damaged.size()] = "0\"{[-,:]}x"[random() % 10];
    }
    refused += parse_json_report(damaged) ? 0 : 1;
  }
  EXPECT_GT(refused, 250U);
}

TEST(ReportJsonTest, UnknownMembersAreIgnored) {
  json document = sample_document();
  document["later"] = 1;
  document["plan"]["later"] = json::array({1, 2});
  EXPECT_EQ(error_of(document), "no error");
}

}  // namespace
}  // namespace echod
