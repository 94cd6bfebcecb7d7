// Comparing runs: the figures against known ones, how often noise is taken for a change, what is
// said of runs that cannot be compared, and the exit status.
#include "app/bench/compare/compare.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <tuple>

#include "app/bench/bench_test_util.h"
#include "app/bench/compare/compare_statistics.h"
#include "app/bench/compare/files.h"
#include "app/bench/report/report_json.h"

namespace echod {
namespace {

using Measure = Change::Measure;
using Runs = std::vector<BenchResult>;

constexpr uint64_t kSeed = 5;

// `seconds` intervals of 500 messages around `typical_us`, each interval with a load of its own.
BenchResult small_run(uint64_t seed, double typical_us = 100, unsigned seconds = 20,
                      bool with_histograms = true) {
  std::mt19937_64 random(seed);
  const auto uniform = [&random] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  BenchResult result;
  result.plan.loop = "closed";
  for (unsigned second = 0; second < seconds; ++second) {
    const double load = 0.9 + 0.2 * uniform();
    Histogram latency;
    for (int i = 0; i < 500; ++i) {
      latency.record(static_cast<uint64_t>(1000 * typical_us * load * (0.5 + uniform())));
    }
    result.latency.add(latency);
    BenchInterval interval;
    interval.start_s = second;
    interval.length_s = 1;
    interval.messages = static_cast<uint64_t>(500 / load);
    if (with_histograms) interval.latency = encode_histogram(latency);
    result.intervals.push_back(interval);
    result.messages += interval.messages;
  }
  result.elapsed_s = seconds;
  result.tester_cpu_s = 1;
  return result;
}

Change change_of(const std::vector<Change>& changes, Measure measure, double percentile = 0) {
  for (const Change& change : changes) {
    if (change.measure == measure && change.percentile == percentile) return change;
  }
  ADD_FAILURE() << "no such measure";
  return {};
}

Runs several(size_t count, double typical_us, uint64_t seed = 0) {
  Runs runs;
  for (size_t i = 0; i < count; ++i) runs.push_back(small_run(seed + i, typical_us));
  return runs;
}

TEST(CompareStatisticsTest, StudentQuantilesAreThoseOfTheTables) {
  EXPECT_NEAR(student_quantile(0.95, 1), 12.7062, 1e-3);
  EXPECT_NEAR(student_quantile(0.95, 2), 4.30265, 1e-4);
  EXPECT_NEAR(student_quantile(0.95, 4), 2.77645, 1e-4);
  EXPECT_NEAR(student_quantile(0.99, 10), 3.16927, 1e-4);
  EXPECT_NEAR(student_quantile(0.5, 3), 0.764892, 1e-4);
  EXPECT_NEAR(student_quantile(0.95, 1000), 1.96234, 1e-4);
  EXPECT_GT(student_quantile(0.95, 2.5), student_quantile(0.95, 3));
  EXPECT_LT(student_quantile(0.95, 2.5), student_quantile(0.95, 2));
}

TEST(CompareStatisticsTest, ChanceOfErrorsIsBinomial) {
  EXPECT_EQ(chance_of_errors(5, 0, 100, 100), 1);
  EXPECT_NEAR(chance_of_errors(0, 3, 1e6, 1e6), 0.125, 1e-9);
  EXPECT_NEAR(chance_of_errors(0, 3, 1e6, 3e6), 0.421875, 1e-9);
  EXPECT_NEAR(chance_of_errors(1, 3, 1e6, 1e6), 5.0 / 16, 1e-9);
  // The approximation for many joins where the exact sum ends.
  EXPECT_NEAR(chance_of_errors(4900, 5100, 1e6, 1e6), chance_of_errors(4901, 5100, 1e6, 1e6), 2e-3);
  EXPECT_LT(chance_of_errors(10'000, 12'000, 1e6, 1e6), 1e-6);
  EXPECT_EQ(chance_of_errors(0, 3, 0, 1e6), 1);
}

TEST(CompareStatisticsTest, TheUnitIsAsLargeAsTheReportsAllow) {
  const BenchResult with = small_run(1);
  const BenchResult without = small_run(1, 100, 20, false);
  const BenchResult brief = small_run(1, 100, 5);
  EXPECT_EQ(unit_for({with, with, with}, {without, brief, with}), ResampledUnit::kRuns);
  EXPECT_EQ(unit_for({with, with}, {with, with, with}), ResampledUnit::kIntervals);
  EXPECT_EQ(unit_for({with}, {brief, brief}), ResampledUnit::kIntervals);
  EXPECT_EQ(unit_for({with}, {without}), ResampledUnit::kMessages);
  EXPECT_EQ(unit_for({with}, {brief}), ResampledUnit::kMessages);
}

TEST(CompareStatisticsTest, ARealChangeIsWithinItsInterval) {
  const std::vector<std::pair<Runs, Runs>> sides = {
      {several(3, 100), several(3, 130, 10)},
      {{small_run(1)}, {small_run(2, 130)}},
      {{small_run(1, 100, 20, false)}, {small_run(2, 130, 20, false)}},
  };
  for (const auto& [base, now] : sides) {
    const std::vector<Change> changes = changes_between(base, now, 0.99, kSeed);
    for (const double percentile : {0.0, 50.0, 90.0}) {
      SCOPED_TRACE(testing::Message()
                   << percentile << " by unit " << static_cast<int>(unit_for(base, now)));
      const Change change =
          change_of(changes, percentile == 0 ? Measure::kMean : Measure::kPercentile, percentile);
      ASSERT_TRUE(change.ratio) << change.no_interval;
      EXPECT_GT(change.ratio->low, 1.1);
      EXPECT_LT(change.ratio->high, 1.6);
      EXPECT_GE(change.factor(), change.ratio->low);
      EXPECT_LE(change.factor(), change.ratio->high);
      EXPECT_NEAR(change.factor(), 1.3, 0.08);
    }
    const Change rate = change_of(changes, Measure::kRate);
    ASSERT_TRUE(rate.ratio);
    EXPECT_LT(rate.ratio->low, 1);
    EXPECT_GT(rate.ratio->high, 1);
  }
}

TEST(CompareStatisticsTest, RunsAreComparedByWelchsInterval) {
  // Rates e^0.0, e^0.1, e^0.2 and e^0.3, e^0.5, e^0.7: means 0.1 and 0.5, variances of the means
  // 0.01 / 3 and 0.04 / 3, so 2.941 degrees of freedom, whose quantile is 3.2199.
  const auto runs_of = [](std::initializer_list<double> logs) {
    Runs runs;
    for (const double log : logs) {
      BenchResult run;
      run.messages = 1'000'000'000;
      run.elapsed_s = 1e9 / std::exp(log);
      runs.push_back(run);
    }
    return runs;
  };
  const Change rate =
      change_of(changes_between(runs_of({0, 0.1, 0.2}), runs_of({0.3, 0.5, 0.7}), 0.95, kSeed),
                Measure::kRate);
  EXPECT_NEAR(rate.base, std::exp(0.1), 1e-9);
  EXPECT_NEAR(rate.now, std::exp(0.5), 1e-9);
  ASSERT_TRUE(rate.ratio);
  const double margin = student_quantile(0.95, 2.941176) * std::sqrt(0.05 / 3);
  EXPECT_NEAR(std::log(rate.ratio->low), 0.4 - margin, 1e-4);
  EXPECT_NEAR(std::log(rate.ratio->high), 0.4 + margin, 1e-4);
}

TEST(CompareStatisticsTest, NoiseIsRarelyTakenForAChange) {
  // Both sides are alike, so of 30 intervals of 90 % about 3 miss; more than 8 would be a fault of
  // the method (a chance of one in 500 were the seeds not fixed), as would more than 4 of 10.
  constexpr int kTrials = 30;
  int missed_by_runs = 0;
  int missed_by_intervals = 0;
  const auto misses = [](const Runs& base, const Runs& now, Measure measure, double percentile) {
    const Change change = change_of(changes_between(base, now, 0.9, kSeed), measure, percentile);
    EXPECT_TRUE(change.ratio);
    return change.ratio && (change.ratio->low > 1 || change.ratio->high < 1) ? 1 : 0;
  };
  for (uint64_t trial = 0; trial < kTrials; ++trial) {
    const uint64_t seed = 1000 + 10 * trial;
    missed_by_runs += misses(
        {small_run(seed, 100, 2), small_run(seed + 1, 100, 2), small_run(seed + 2, 100, 2)},
        {small_run(seed + 3, 100, 2), small_run(seed + 4, 100, 2), small_run(seed + 5, 100, 2)},
        Measure::kMean, 0);
    if (trial % 3 != 0) continue;  // a bootstrap takes a while
    missed_by_intervals +=
        misses({small_run(seed, 5)}, {small_run(seed + 1, 5)}, Measure::kPercentile, 50);
  }
  EXPECT_LE(missed_by_runs, 8);
  EXPECT_LE(missed_by_intervals, 4);
}

TEST(CompareStatisticsTest, SingleMessagesAreTakenAsIndependent) {
  // 10,000 values 1 to 1000 us: the standard error of the median's rank is half a percent of them.
  BenchResult run;
  for (uint64_t i = 0; i < 10'000; ++i) run.latency.record(1000 + i % 1000 * 1000);
  run.messages = 10'000;
  const std::vector<Change> changes = changes_between({run}, {run}, 0.95, kSeed);
  const Change median = change_of(changes, Measure::kPercentile, 50);
  ASSERT_TRUE(median.ratio);
  const double error = std::sqrt(2.0) * 0.005 / 0.5;
  EXPECT_NEAR(median.ratio->low, 1 - 1.96 * error, 0.004);
  EXPECT_NEAR(median.ratio->high, 1 + 1.96 * error, 0.004);
  const Change mean = change_of(changes, Measure::kMean);
  ASSERT_TRUE(mean.ratio);
  EXPECT_NEAR(mean.ratio->high - 1, 1.96 * std::sqrt(2.0) * 0.577 / 100, 0.003);
}

TEST(CompareStatisticsTest, WhatIsNotKnownHasNoInterval) {
  const auto reason = [](const Runs& base, const Runs& now, Measure measure,
                         double percentile = 0) {
    const Change change = change_of(changes_between(base, now, 0.95, kSeed), measure, percentile);
    EXPECT_FALSE(change.ratio);
    return change.no_interval;
  };
  const BenchResult brief = small_run(1, 100, 5, false);
  EXPECT_EQ(reason({brief}, {brief}, Measure::kRate), "needs 10 intervals or 3 runs a side");
  EXPECT_EQ(reason({brief}, {brief}, Measure::kMax), "needs 3 runs a side");
  EXPECT_EQ(reason({brief}, {brief}, Measure::kTesterCpu), "needs 3 runs a side");
  EXPECT_EQ(reason({brief}, {brief}, Measure::kPercentile, 99.9), "too few messages");
  const BenchResult nothing;
  EXPECT_EQ(reason({nothing}, {brief}, Measure::kMean), "nothing was measured");
  EXPECT_EQ(reason({nothing, nothing, nothing}, {brief, brief, brief}, Measure::kRate),
            "nothing was measured in some run");
  // 10,000 messages have ten beyond p99.9, 9,500 have not.
  EXPECT_TRUE(change_of(changes_between({small_run(1)}, {small_run(2)}, 0.95, kSeed),
                        Measure::kPercentile, 99.9)
                  .ratio);
  EXPECT_EQ(reason({small_run(1)}, {small_run(2, 100, 19)}, Measure::kPercentile, 99.9),
            "too few messages");
}

TEST(CompareStatisticsTest, TheSeedDecides) {
  const Runs base = {small_run(1, 5)};
  const Runs now = {small_run(2, 5)};
  const auto ratio = [&](uint64_t seed) {
    return *change_of(changes_between(base, now, 0.95, seed), Measure::kMean).ratio;
  };
  EXPECT_EQ(ratio(1), ratio(1));
  EXPECT_NE(ratio(1), ratio(2));
  EXPECT_NEAR(ratio(1).low, ratio(2).low, 0.01);
}

TEST(CompareStatisticsTest, AShortLastIntervalIsLeftOut) {
  BenchResult run = small_run(1);
  run.intervals.back().length_s = 0.5;
  run.intervals.back().messages = 1'000'000;
  const Change rate =
      change_of(changes_between({small_run(1)}, {run}, 0.95, kSeed), Measure::kRate);
  ASSERT_TRUE(rate.ratio);
  EXPECT_LT(rate.ratio->high, 1.2);
}

// --- The command --------------------------------------------------------------------------------

class CompareTest : public testing::Test {
 protected:
  CompareTest() {
    folder_ =
        std::filesystem::path(testing::TempDir()) /
        (std::string("compare_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  ~CompareTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const BenchResult& result) const {
    const std::string path = folder_ / name;
    EXPECT_EQ(write_report(path, json_report(result)), "");
    return path;
  }

  static std::tuple<int, std::string, std::string> run(const CompareOptions& options) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = bench_compare(options);
    std::fflush(stdout);
    std::string output = testing::internal::GetCapturedStdout();
    return {status, std::move(output), testing::internal::GetCapturedStderr()};
  }

  // The exit status and the output for two runs.
  std::pair<int, std::string> compare(const BenchResult& base, const BenchResult& now,
                                      double threshold = 0.05) const {
    CompareOptions options;
    options.base_files = {write("base.json", base)};
    options.new_files = {write("new.json", now)};
    options.threshold = threshold;
    const auto [status, output, errors] = run(options);
    EXPECT_EQ(errors, "");
    return {status, output};
  }

 private:
  std::filesystem::path folder_;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(CompareTest, TheSameIsNotWorse) {
  const auto [status, output] = compare(small_run(1), small_run(1));
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(has(output, "\nNothing is shown to be worse by more than 5 %.\n")) << output;
  EXPECT_TRUE(has(output, "no change\n")) << output;
  EXPECT_FALSE(has(output, "WARNING")) << output;
  EXPECT_FALSE(has(output, "Differs")) << output;
  EXPECT_TRUE(has(output, "95 % intervals by a bootstrap of 2000 draws (seed 1) over blocks"))
      << output;
}

TEST_F(CompareTest, WhatIsTooUncertainIsNotCalledUnchanged) {
  BenchResult base = small_run(1);
  BenchResult now = small_run(2);
  for (BenchResult* run : {&base, &now}) {  // the rate of each interval is far from the next one's
    for (size_t i = 0; i < run->intervals.size(); ++i) {
      run->intervals[i].messages = i % 2 == 0 ? 100 : 1000;
    }
  }
  const auto [status, output] = compare(base, now);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(has(output, "cannot tell\n")) << output;
}

TEST_F(CompareTest, WhatWasMeasuredForAMomentIsNotJudged) {
  BenchResult base = small_run(1);
  BenchResult now = small_run(2);
  for (BenchInterval& interval : now.intervals) interval.messages /= 4;
  now.elapsed_s = 0.9;
  const auto [status, output] = compare(base, now);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(has(output, "too short\n")) << output;
  EXPECT_FALSE(has(output, "better") || has(output, "WORSE")) << output;
  EXPECT_TRUE(has(output, "\nNo verdict: a side was measured for less than 1 s.\n")) << output;
}

TEST_F(CompareTest, SlowerIsWorseAndFasterIsNot) {
  const auto [status, output] = compare(small_run(1), small_run(2, 150));
  EXPECT_EQ(status, 99);
  EXPECT_TRUE(has(output, "WORSE\n")) << output;
  EXPECT_TRUE(has(output, "\nWorse: p50 by +")) << output;
  EXPECT_TRUE(has(output, "\nWorse: mean by +")) << output;
  const auto [faster_status, faster_output] = compare(small_run(1), small_run(2, 70));
  EXPECT_EQ(faster_status, 0) << faster_output;
  EXPECT_TRUE(has(faster_output, "better\n")) << faster_output;
  EXPECT_FALSE(has(faster_output, "WORSE")) << faster_output;
}

TEST_F(CompareTest, ALowerRateIsWorseAndAHigherIsNot) {
  BenchResult slower = small_run(1);
  slower.messages /= 2;
  for (BenchInterval& interval : slower.intervals) interval.messages /= 2;
  const auto [status, output] = compare(small_run(1), slower);
  EXPECT_EQ(status, 99);
  EXPECT_TRUE(has(output, "\nWorse: rate by -50.0 %")) << output;
  const auto [faster_status, faster_output] = compare(slower, small_run(1));
  EXPECT_EQ(faster_status, 0) << faster_output;
}

TEST_F(CompareTest, ChangesUpToTheThresholdAreLetPass) {
  EXPECT_EQ(compare(small_run(1), small_run(1, 115), 0.1).first, 99);
  const auto [status, output] = compare(small_run(1), small_run(1, 115), 0.2);
  EXPECT_EQ(status, 0) << output;
  EXPECT_TRUE(has(output, "within 20 %")) << output;
}

TEST_F(CompareTest, ErrorsAreWorseWhenTheyAreNoChance) {
  BenchResult failing = small_run(1);
  failing.errors["reset"] = 2;
  EXPECT_EQ(compare(small_run(1), failing).first, 0);
  failing.errors["reset"] = 20;
  const auto [status, output] = compare(small_run(1), failing);
  EXPECT_EQ(status, 99);
  EXPECT_TRUE(has(output, "\nWorse: errors, 0.2 % after 0 % of all messages\n")) << output;
  EXPECT_EQ(compare(failing, failing).first, 0);
  EXPECT_EQ(compare(failing, small_run(1)).first, 0);
}

TEST_F(CompareTest, TheTestersOwnTimeIsNotJudged) {
  CompareOptions options;
  for (uint64_t i = 0; i < 3; ++i) {
    BenchResult result = small_run(i);
    options.base_files.push_back(write(std::to_string(i) + ".json", result));
    result.tester_cpu_s = 50;
    options.new_files.push_back(write(std::to_string(i) + "new.json", result));
  }
  const auto [status, output, errors] = run(options);
  EXPECT_EQ(status, 0) << output;
  EXPECT_TRUE(has(output, "not judged\n")) << output;
  EXPECT_TRUE(has(output, "Welch's t")) << output;
  EXPECT_TRUE(has(output, "(3 runs, ")) << output;
}

TEST_F(CompareTest, WhatCannotBeComparedIsTold) {
  const std::vector<std::pair<std::function<void(BenchResult&)>, std::string>> changes = {
      {[](BenchResult& run) { run.plan.loop = "open"; },
       "WARNING: not comparable, loop: closed before, open now\n"},
      {[](BenchResult& run) { run.plan.connections = 7; },
       "WARNING: not comparable, connections: 0 before, 7 now\n"},
      {[](BenchResult& run) { run.plan.sizes = "9"; },
       "WARNING: not comparable, message sizes: unknown before, 9 now\n"},
      {[](BenchResult& run) { run.plan.connect_each = true; },
       "WARNING: not comparable, a connection for each message: no before, yes now\n"},
      {[](BenchResult& run) { run.environment.cpu = "Z80"; },
       "WARNING: not comparable, load tester's processor: unknown before, Z80 now\n"},
      {[](BenchResult& run) { run.at_ceiling = true; }, "WARNING: a load tester was at its own"},
      {[](BenchResult& run) { run.interrupted = true; }, "WARNING: a run was interrupted.\n"},
      {[](BenchResult& run) { run.plan.url = "tcp://b:1"; },
       "Differs: target: unknown before, tcp://b:1 now\n"},
      {[](BenchResult& run) { run.environment.kernel = "Linux 9"; },
       "Differs: kernel: unknown before, Linux 9 now\n"},
  };
  for (const auto& [change, told] : changes) {
    BenchResult base;
    base.plan.loop = "closed";
    BenchResult changed = base;
    change(changed);
    const auto [status, output] = compare(base, changed);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(has(output, told)) << output;
  }
}

TEST_F(CompareTest, FailuresAreNamed) {
  CompareOptions good;
  good.base_files = good.new_files = {write("good.json", small_run(1, 100, 2))};
  const auto expect = [](const CompareOptions& options, int status, const std::string& part) {
    const auto [actual, output, errors] = run(options);
    EXPECT_EQ(actual, status);
    EXPECT_TRUE(has(errors, part)) << errors;
    EXPECT_EQ(output, "");
  };
  expect({}, 2, "say which reports to compare");
  CompareOptions options = good;
  options.new_files = {"/nonexistent"};
  expect(options, 1, "/nonexistent: cannot open");
  options = good;
  options.threshold = -1;
  expect(options, 2, "threshold");
  options = good;
  options.threshold = std::nan("");
  expect(options, 2, "threshold");
  options = good;
  options.confidence = 1;
  expect(options, 2, "confidence");
}

}  // namespace
}  // namespace echod
