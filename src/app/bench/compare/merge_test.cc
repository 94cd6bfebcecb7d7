// Adding up results: exact histograms, sums, and a note for each thing that does not add up well.
#include "app/bench/compare/merge.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <tuple>

#include "app/bench/bench_test_util.h"
#include "app/bench/compare/files.h"
#include "app/bench/report/hlog.h"
#include "app/bench/report/report_json.h"

namespace echod {
namespace {

struct Merged {
  BenchResult sum;
  std::vector<std::string> notes;
};

Merged merge(const std::vector<BenchResult>& results) {
  Merged merged;
  merged.sum = merge_results(results, merged.notes);
  return merged;
}

// A folder of its own, gone at the end.
class MergeFilesTest : public testing::Test {
 protected:
  MergeFilesTest() {
    folder_ =
        std::filesystem::path(testing::TempDir()) /
        (std::string("merge_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  ~MergeFilesTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }
  std::string write(const std::string& name, const std::string& text) const {
    write_file(path(name), text);
    return path(name);
  }
  static std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  // The exit status, and what was printed on standard output and error.
  static std::tuple<int, std::string, std::string> run(const MergeOptions& options) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = bench_merge(options);
    std::fflush(stdout);
    std::string output = testing::internal::GetCapturedStdout();
    return {status, std::move(output), testing::internal::GetCapturedStderr()};
  }

 private:
  std::filesystem::path folder_;
};

TEST(MergeTest, OneResultStaysAsItIs) {
  const BenchResult result = sample_result(1, 3);
  const auto [sum, notes] = merge({result});
  EXPECT_EQ(json_report(sum), json_report(result));
  EXPECT_TRUE(notes.empty());
  EXPECT_EQ(json_report(merge({}).sum), json_report(BenchResult()));
}

TEST(MergeTest, HistogramsAreAsIfOneHadRecordedAll) {
  const BenchResult first = sample_result(1, 3);
  const BenchResult second = sample_result(2, 3);
  Histogram latency = first.latency;
  latency.add(second.latency);
  const auto [sum, notes] = merge({first, second});
  EXPECT_TRUE(notes.empty()) << notes[0];
  EXPECT_EQ(sum.latency, latency);
  EXPECT_EQ(sum.service.count(), 120'000U);
  EXPECT_EQ(sum.connect.count(), 100U);
  ASSERT_EQ(sum.intervals.size(), 3U);
  Histogram steps;
  for (const BenchInterval& interval : sum.intervals) {
    const Histogram step = decode_histogram(interval.latency).value();
    EXPECT_EQ(interval.messages, 40'000U);
    EXPECT_EQ(interval.connections, 100U);
    EXPECT_EQ(interval.p50_ns, step.value_at(50));
    EXPECT_EQ(interval.p90_ns, step.value_at(90));
    EXPECT_EQ(interval.p99_ns, step.value_at(99));
    EXPECT_EQ(interval.max_ns, step.max());
    EXPECT_EQ(interval.length_s, 1);
    steps.add(step);
  }
  EXPECT_EQ(steps, latency);
  EXPECT_EQ(sum.intervals[2].start_s, 2);
}

TEST(MergeTest, CountsAddUpAndTheRestIsAsItMust) {
  BenchResult first = sample_result(1, 3);
  BenchResult second = sample_result(2, 3);
  second.environment.cpu = "Other CPU";
  second.environment.started_at = "2026-01-02T03:04:04Z";
  second.errors = {{"reset", 5}, {"timeout", 1}};
  second.tester_cpu_s = 23;
  second.tester_cpu_busy = 0.38;
  second.schedule_lag_p99_ns = 5;
  second.interrupted = true;
  second.at_ceiling = true;
  second.elapsed_s = 3.001;
  const auto [sum, notes] = merge({first, second});
  EXPECT_TRUE(notes.empty()) << notes[0];
  EXPECT_EQ(sum.messages, 120'000U);
  EXPECT_EQ(sum.bytes, 2 * first.bytes);
  EXPECT_EQ(sum.connects, 100U);
  EXPECT_EQ(sum.unanswered, 24U);
  EXPECT_EQ(sum.late_sends, 8U);
  EXPECT_EQ(sum.elapsed_s, 3.001);
  EXPECT_EQ(sum.errors,
            (std::map<std::string, uint64_t>{{"corrupt", 1}, {"reset", 7}, {"timeout", 1}}));
  EXPECT_EQ(sum.first_errors.size(), 6U);
  EXPECT_EQ(sum.plan.url, first.plan.url);
  EXPECT_EQ(sum.plan.loop, "open");
  EXPECT_EQ(sum.plan.sizes, first.plan.sizes);
  EXPECT_EQ(sum.plan.connections, 100U);
  EXPECT_EQ(sum.plan.threads, 4U);
  EXPECT_EQ(sum.plan.idle_connections, 200U);
  EXPECT_EQ(sum.plan.rate, 40'000);
  EXPECT_EQ(sum.plan.warm_up_s, 0.25);
  EXPECT_TRUE(sum.plan.verify);
  EXPECT_EQ(sum.environment.cpu, "Example CPU @ 2.50GHz; Other CPU");
  EXPECT_EQ(sum.environment.kernel, first.environment.kernel);
  EXPECT_EQ(sum.environment.processors, 4U);
  EXPECT_EQ(sum.environment.started_at, "2026-01-02T03:04:04Z");
  EXPECT_EQ(sum.tester_cpu_s, 34.5);
  // 11.5 s busy of 60.5 s, and 23 s of 60.5 s.
  EXPECT_NEAR(sum.tester_cpu_busy, 0.285, 1e-9);
  EXPECT_EQ(sum.schedule_lag_p99_ns, 21'000U);
  EXPECT_EQ(sum.ceiling_per_s, 820'000);
  EXPECT_TRUE(sum.at_ceiling);
  EXPECT_TRUE(sum.interrupted);
  second.ceiling_per_s = 0;
  second.plan.verify = false;
  EXPECT_EQ(merge({first, second}).sum.ceiling_per_s, 0);
  EXPECT_FALSE(merge({first, second}).sum.plan.verify);
}

TEST(MergeTest, WhatDoesNotAddUpIsNoted) {
  const auto note_of = [](auto change) {
    BenchResult second = sample_result(2, 3);
    change(second);
    const std::vector<std::string> notes = merge({sample_result(1, 3), second}).notes;
    EXPECT_EQ(notes.size(), 1U);
    return notes.empty() ? "" : notes[0];
  };
  EXPECT_EQ(note_of([](BenchResult& result) { result.plan.loop = "closed"; }),
            "Closed and open loops are added up: their latencies mean different things.");
  EXPECT_EQ(note_of([](BenchResult& result) { result.plan.url = "tcp://other:1"; }),
            "The runs differ in what they sent, or where.");
  EXPECT_EQ(note_of([](BenchResult& result) { result.intervals.pop_back(); }),
            "The runs' intervals differ, so there is no time series of the sum.");
  EXPECT_EQ(note_of([](BenchResult& result) { result.intervals[1].start_s = 1.2; }),
            "The runs' intervals differ, so there is no time series of the sum.");
  EXPECT_EQ(note_of([](BenchResult& result) { result.intervals[1].latency = ""; }),
            "Some intervals have no histogram, so the time series lacks latencies.");
  EXPECT_EQ(
      note_of([](BenchResult& result) { result.environment.started_at = "2026-01-02T03:05:05Z"; }),
      "The runs began up to 60.0 s apart: rates add up only for runs at the same time.");
  EXPECT_EQ(note_of([](BenchResult& result) { result.elapsed_s = 2; }),
            "The runs took between 2.00 s and 3.00 s: the rate is that over the longest.");
}

TEST_F(MergeFilesTest, ReportsAndLogsGiveTheSame) {
  const std::vector<BenchResult> results = {sample_result(1, 3), sample_result(2, 3)};
  const std::string json = json_report(merge(results).sum);
  MergeOptions options;
  options.files = {write("1.json", json_report(results[0])),
                   write("2.hlog", hlog_report(results[1]))};
  options.json_file = path("sum.json");
  options.hlog_file = path("sum.hlog");
  options.html_file = path("sum.html");
  const auto [status, output, errors] = run(options);
  EXPECT_EQ(status, 0) << errors;
  EXPECT_EQ(errors, "");
  EXPECT_NE(output.find("120,000"), std::string::npos) << output;
  EXPECT_NE(output.find("\nSum of 2 results.\n"), std::string::npos) << output;
  EXPECT_EQ(text_of(options.json_file), json);
  EXPECT_EQ(json_report(read_result(options.hlog_file).value()), json);
  EXPECT_TRUE(text_of(options.html_file).starts_with("<!doctype html>"));
}

TEST_F(MergeFilesTest, StandardOutputIsForTheReportAskedFor) {
  MergeOptions options;
  options.files = {write("1.json", json_report(sample_result(1, 2)))};
  options.json_file = "-";
  const auto [status, output, errors] = run(options);
  EXPECT_EQ(status, 0) << errors;
  EXPECT_EQ(output, json_report(sample_result(1, 2)));
}

TEST_F(MergeFilesTest, FailuresAreNamed) {
  const std::string good = write("good.json", json_report(sample_result(1, 2)));
  EXPECT_EQ(run({}), std::tuple(2, std::string(),
                                std::string("echod bench merge: missing result files to merge "
                                            "(*.json or *.hlog)\n")));
  const auto error_of = [&](const std::string& file) {
    MergeOptions options;
    options.files = {good, file};
    const auto [status, output, errors] = run(options);
    EXPECT_EQ(status, 1);
    EXPECT_EQ(output, "");
    return errors;
  };
  EXPECT_EQ(error_of(path("none")),
            "echod bench merge: " + path("none") + ": cannot open: No such file or directory\n");
  EXPECT_EQ(error_of(write("bad.json", "x")),
            "echod bench merge: " + path("bad.json") + ": it is not JSON\n");
  EXPECT_EQ(
      error_of(write("bad.hlog", "#[x\n1,1,1,A")),
      "echod bench merge: " + path("bad.hlog") + ": line 2: the encoded histogram is cut off\n");
  MergeOptions options;
  options.files = {good};
  options.json_file = path("missing/folder.json");
  const auto [status, output, errors] = run(options);
  EXPECT_EQ(status, 1);
  EXPECT_NE(errors.find("missing/folder.json: No such file"), std::string::npos);
}

}  // namespace
}  // namespace echod
