#include "app/bench/compare/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "app/bench/compare/files.h"
#include "app/bench/report/figures.h"
#include "app/bench/report/histogram_codec.h"
#include "app/bench/report/hlog.h"
#include "app/bench/report/report_html.h"
#include "app/bench/report/report_json.h"
#include "app/bench/report/report_text.h"
#include "app/bench/report/utc_time.h"

namespace echod {
namespace {

constexpr size_t kFirstErrorsMax = 20;
constexpr double kApartMax = 0.1;  // of the elapsed time: how far runs may be from simultaneous

// Each different value once: "a; b".
template <typename Get>
std::string joined(const std::vector<BenchResult>& results, Get get) {
  std::vector<std::string> different;
  std::string text;
  for (const BenchResult& result : results) {
    const std::string& value = get(result);
    if (value.empty() || std::ranges::find(different, value) != different.end()) continue;
    different.push_back(value);
    text += (text.empty() ? "" : "; ") + value;
  }
  return text;
}

template <typename Get>
bool all_the_same(const std::vector<BenchResult>& results, Get get) {
  return std::ranges::all_of(
      results, [&](const BenchResult& result) { return get(result) == get(results[0]); });
}

void merge_plans(const std::vector<BenchResult>& results, BenchPlan& plan,
                 std::vector<std::string>& notes) {
  plan.url = joined(results, [](const auto& result) { return result.plan.url; });
  plan.sizes = joined(results, [](const auto& result) { return result.plan.sizes; });
  plan.connect_each = results[0].plan.connect_each;
  for (const BenchResult& result : results) {
    plan.connections += result.plan.connections;
    plan.threads += result.plan.threads;
    plan.idle_connections += result.plan.idle_connections;
    plan.rate += result.plan.rate;
    plan.pipeline = std::max(plan.pipeline, result.plan.pipeline);
    plan.verify = plan.verify && result.plan.verify;
    plan.warm_up_s = std::max(plan.warm_up_s, result.plan.warm_up_s);
  }
  if (all_the_same(results, [](const auto& result) { return result.plan.loop; })) {
    plan.loop = results[0].plan.loop;
  } else {
    notes.emplace_back(
        "Closed and open loops are added up: their latencies mean different things.");
  }
  if (!all_the_same(results, [](const auto& result) {
        return std::tuple(result.plan.url, result.plan.sizes, result.plan.pipeline,
                          result.plan.connect_each);
      })) {
    notes.emplace_back("The runs differ in what they sent, or where.");
  }
}

void merge_environments(const std::vector<BenchResult>& results, BenchEnvironment& environment) {
  const auto each = [&](auto member) {
    return joined(results, [=](const auto& result) { return result.environment.*member; });
  };
  environment.echod_version = each(&BenchEnvironment::echod_version);
  environment.compiler = each(&BenchEnvironment::compiler);
  environment.engine = each(&BenchEnvironment::engine);
  environment.kernel = each(&BenchEnvironment::kernel);
  environment.machine = each(&BenchEnvironment::machine);
  environment.cpu = each(&BenchEnvironment::cpu);
  for (const BenchResult& result : results) {
    environment.processors += result.environment.processors;
    const std::string& started_at = result.environment.started_at;
    const bool first = environment.started_at.empty() || started_at < environment.started_at;
    if (!started_at.empty() && first) environment.started_at = started_at;
  }
}

void merge_totals(const std::vector<BenchResult>& results, BenchResult& sum) {
  double processors_s = 0;  // processor time that the testers had
  bool ceilings_known = true;
  for (const BenchResult& result : results) {
    sum.elapsed_s = std::max(sum.elapsed_s, result.elapsed_s);
    sum.interrupted = sum.interrupted || result.interrupted;
    sum.messages += result.messages;
    sum.bytes += result.bytes;
    sum.connects += result.connects;
    sum.unanswered += result.unanswered;
    sum.late_sends += result.late_sends;
    for (const auto& [kind, count] : result.errors) sum.errors[kind] += count;
    for (const std::string& error : result.first_errors) {
      if (sum.first_errors.size() < kFirstErrorsMax) sum.first_errors.push_back(error);
    }
    sum.latency.add(result.latency);
    sum.service.add(result.service);
    sum.connect.add(result.connect);
    sum.tester_cpu_s += result.tester_cpu_s;
    if (result.tester_cpu_busy > 0) processors_s += result.tester_cpu_s / result.tester_cpu_busy;
    sum.schedule_lag_p99_ns = std::max(sum.schedule_lag_p99_ns, result.schedule_lag_p99_ns);
    ceilings_known = ceilings_known && result.ceiling_per_s > 0;
    sum.ceiling_per_s += result.ceiling_per_s;
    sum.at_ceiling = sum.at_ceiling || result.at_ceiling;
  }
  if (!ceilings_known) sum.ceiling_per_s = 0;
  sum.tester_cpu_busy = processors_s > 0 ? sum.tester_cpu_s / processors_s : 0;
}

// Whether the intervals are steps of the same length; the last one may be cut short.
bool same_intervals(const std::vector<BenchResult>& results) {
  const std::vector<BenchInterval>& first = results[0].intervals;
  return std::ranges::all_of(results, [&](const BenchResult& result) {
    if (result.intervals.size() != first.size()) return false;
    for (size_t i = 0; i < first.size(); ++i) {
      const double apart_s = std::abs(result.intervals[i].start_s - first[i].start_s);
      if (apart_s > kApartMax * first[i].length_s) return false;
    }
    return true;
  });
}

// The i-th interval of all results. Its percentiles stay 0 where a histogram is missing.
BenchInterval merge_interval(const std::vector<BenchResult>& results, size_t i) {
  BenchInterval sum;
  sum.start_s = results[0].intervals[i].start_s;
  Histogram latency;
  for (const BenchResult& result : results) {
    const BenchInterval& interval = result.intervals[i];
    sum.length_s = std::max(sum.length_s, interval.length_s);
    sum.messages += interval.messages;
    sum.bytes += interval.bytes;
    sum.errors += interval.errors;
    sum.connections += interval.connections;
    if (const auto histogram = decode_histogram(interval.latency)) latency.add(*histogram);
  }
  if (latency.count() != sum.messages || sum.messages == 0) return sum;
  sum.p50_ns = latency.value_at(50);
  sum.p90_ns = latency.value_at(90);
  sum.p99_ns = latency.value_at(99);
  sum.max_ns = latency.max();
  sum.latency = encode_histogram(latency);
  return sum;
}

void merge_intervals(const std::vector<BenchResult>& results, BenchResult& sum,
                     std::vector<std::string>& notes) {
  if (!same_intervals(results)) {
    notes.emplace_back("The runs' intervals differ, so there is no time series of the sum.");
    return;
  }
  bool complete = true;
  for (size_t i = 0; i < results[0].intervals.size(); ++i) {
    sum.intervals.push_back(merge_interval(results, i));
    complete = complete && (sum.intervals[i].messages == 0 || sum.intervals[i].max_ns > 0);
  }
  if (!complete) {
    notes.emplace_back("Some intervals have no histogram, so the time series lacks latencies.");
  }
}

void note_times(const std::vector<BenchResult>& results, double elapsed_s,
                std::vector<std::string>& notes) {
  double first = HUGE_VAL;
  double last = 0;
  double shortest_s = elapsed_s;
  for (const BenchResult& result : results) {
    shortest_s = std::min(shortest_s, result.elapsed_s);
    if (const std::optional<double> started = parse_utc(result.environment.started_at)) {
      first = std::min(first, *started);
      last = std::max(last, *started);
    }
  }
  // started_at is to the second.
  if (last - first > 1 + kApartMax * elapsed_s) {
    notes.push_back(
        fmt::format("The runs began up to {} apart: rates add up only for runs at the same time.",
                    format_latency((last - first) * 1e9)));
  }
  if (elapsed_s - shortest_s > kApartMax * elapsed_s) {
    notes.push_back(
        fmt::format("The runs took between {} and {}: the rate is that over the longest.",
                    format_latency(shortest_s * 1e9), format_latency(elapsed_s * 1e9)));
  }
}

int failed(const std::string& error) {
  std::fprintf(stderr, "echod bench merge: %s\n", error.c_str());
  return 1;
}

}  // namespace

BenchResult merge_results(const std::vector<BenchResult>& results,
                          std::vector<std::string>& notes) {
  if (results.size() == 1) return results[0];
  BenchResult sum;
  if (results.empty()) return sum;
  merge_plans(results, sum.plan, notes);
  merge_environments(results, sum.environment);
  merge_totals(results, sum);
  merge_intervals(results, sum, notes);
  note_times(results, sum.elapsed_s, notes);
  return sum;
}

int bench_merge(const MergeOptions& options) {
  if (options.files.empty()) {
    std::fprintf(stderr, "echod bench merge: say which *.json or *.hlog files to add up\n");
    return 2;
  }
  std::vector<BenchResult> results;
  for (const std::string& file : options.files) {
    std::expected<BenchResult, std::string> result = read_result(file);
    if (!result) return failed(result.error());
    results.push_back(std::move(*result));
  }
  std::vector<std::string> notes;
  const BenchResult sum = merge_results(results, notes);

  std::string text = text_report(sum);
  text += fmt::format("Sum of {}.\n", format_plural(results.size(), "result"));
  for (const std::string& note : notes) text += "Note: " + note + "\n";
  struct Report {
    const std::string& path;
    std::string (*make)(const BenchResult&);
  };
  const Report reports[] = {
      {options.json_file, [](const BenchResult& result) { return json_report(result); }},
      {options.html_file, html_report},
      {options.hlog_file, hlog_report},
  };
  bool text_wanted = true;
  for (const auto& [path, make] : reports) {
    if (path.empty()) continue;
    text_wanted = text_wanted && path != "-";
    if (std::string error = write_report(path, make(sum)); !error.empty()) return failed(error);
  }
  if (!text_wanted) return 0;
  const std::string error = write_report("-", text);
  return error.empty() ? 0 : failed(error);
}

}  // namespace echod
