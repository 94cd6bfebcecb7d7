#include "app/bench/report/report_json.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "app/bench/report/histogram_codec.h"
#include "base/json_writer.h"
#include "base/utf8.h"

namespace echod {
namespace {

// The members of the document and of its objects have a line each: readable, without a line for
// each number of a curve.
constexpr unsigned kIndent = 1;
constexpr size_t kLineDepthMax = 2;

// JSON has neither infinities nor NaN.
double finite(double value) { return std::isfinite(value) ? value : 0; }

double per_second(uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

void text(JsonWriter& json, std::string_view name, std::string_view bytes) {
  json.name(name);
  json.value(utf8_with_replacements(bytes));
}

// Percentile and value, with five points for each halving of the share above, as in HdrHistogram's
// own percentile output: dense enough for any plot.
void write_curve(JsonWriter& json, const Histogram& histogram) {
  const auto point = [&json](auto percentile, uint64_t value) {
    json.begin_array();
    json.value(percentile);
    json.value(value);
    json.end_array();
  };
  json.begin_array();
  constexpr int kPointsPerHalving = 5;
  for (int i = 0; histogram.count() > 0; ++i) {
    const int halvings = i / kPointsPerHalving;
    const int within = i % kPointsPerHalving;
    const double rest = std::exp2(-halvings) * (1 - 0.5 * within / kPointsPerHalving);
    if (rest * static_cast<double>(histogram.count()) < 1) break;
    const double percentile = std::round(100e10 * (1 - rest)) / 1e10;  // 10, not 9.999999999999998
    point(percentile, histogram.value_at(percentile));
  }
  if (histogram.count() > 0) point(100, histogram.max());
  json.end_array();
}

void write(JsonWriter& json, std::string_view name, const Histogram& histogram,
           HistogramDetail detail) {
  json.name(name);
  json.begin_object();
  json.member("count", histogram.count());
  json.member("clipped", histogram.clipped());
  json.member("min_ns", histogram.min());
  json.member("mean_ns", finite(histogram.mean()));
  json.member("stddev_ns", finite(histogram.standard_deviation()));
  json.name("percentiles_ns");
  json.begin_object();
  for (const double percentile : kReportPercentiles) {
    json.member(fmt::format("p{}", percentile), histogram.value_at(percentile));
  }
  json.end_object();
  json.member("max_ns", histogram.max());
  json.name("curve");
  write_curve(json, histogram);
  if (detail == HistogramDetail::kWhole) json.member("hdr_v2", encode_histogram(histogram));
  json.end_object();
}

void write(JsonWriter& json, const BenchPlan& plan) {
  json.name("plan");
  json.begin_object();
  text(json, "url", plan.url);
  text(json, "loop", plan.loop);
  text(json, "sizes", plan.sizes);
  json.member("connections", plan.connections);
  json.member("threads", plan.threads);
  json.member("pipeline", plan.pipeline);
  json.member("idle_connections", plan.idle_connections);
  json.member("rate_per_s", finite(plan.rate));
  json.member("connect_each", plan.connect_each);
  json.member("verify", plan.verify);
  json.member("warm_up_s", finite(plan.warm_up_s));
  json.end_object();
}

void write(JsonWriter& json, const BenchEnvironment& environment) {
  json.name("environment");
  json.begin_object();
  text(json, "echod_version", environment.echod_version);
  text(json, "compiler", environment.compiler);
  text(json, "engine", environment.engine);
  text(json, "kernel", environment.kernel);
  text(json, "machine", environment.machine);
  text(json, "cpu", environment.cpu);
  json.member("processors", environment.processors);
  text(json, "started_at", environment.started_at);
  json.end_object();
}

void write_totals(JsonWriter& json, const BenchResult& result) {
  json.name("totals");
  json.begin_object();
  json.member("elapsed_s", finite(result.elapsed_s));
  json.member("interrupted", result.interrupted);
  json.member("messages", result.messages);
  json.member("bytes", result.bytes);
  json.member("messages_per_s", finite(result.rate()));
  json.member("bytes_per_s", finite(per_second(result.bytes, result.elapsed_s)));
  json.member("connects", result.connects);
  json.member("unanswered", result.unanswered);
  json.member("late_sends", result.late_sends);
  json.member("errors", result.error_count());
  json.end_object();
}

void write_errors(JsonWriter& json, const BenchResult& result) {
  json.name("errors");
  json.begin_object();
  json.name("by_kind");
  json.begin_object();
  for (const auto& [kind, count] : result.errors) json.member(utf8_with_replacements(kind), count);
  json.end_object();
  json.name("first");
  json.begin_array();
  for (const std::string& error : result.first_errors) json.value(utf8_with_replacements(error));
  json.end_array();
  json.end_object();
}

void write_tester(JsonWriter& json, const BenchResult& result) {
  json.name("tester");
  json.begin_object();
  json.member("cpu_s", finite(result.tester_cpu_s));
  json.member("cpu_busy", finite(result.tester_cpu_busy));
  json.member("schedule_lag_p99_ns", result.schedule_lag_p99_ns);
  json.member("ceiling_per_s", finite(result.ceiling_per_s));
  json.member("at_ceiling", result.at_ceiling);
  json.end_object();
}

void write(JsonWriter& json, const BenchInterval& interval, HistogramDetail detail) {
  json.begin_object();
  json.member("start_s", finite(interval.start_s));
  json.member("length_s", finite(interval.length_s));
  json.member("messages", interval.messages);
  json.member("bytes", interval.bytes);
  json.member("errors", interval.errors);
  json.member("connections", interval.connections);
  json.member("p50_ns", interval.p50_ns);
  json.member("p90_ns", interval.p90_ns);
  json.member("p99_ns", interval.p99_ns);
  json.member("max_ns", interval.max_ns);
  if (detail == HistogramDetail::kWhole && !interval.latency.empty()) {
    text(json, "hdr_v2", interval.latency);
  }
  json.end_object();
}

}  // namespace

std::string json_report(const BenchResult& result, HistogramDetail detail) {
  JsonWriter json(kIndent, "", kLineDepthMax);
  json.begin_object();
  json.member("schema", kReportSchema);
  write(json, result.plan);
  write(json, result.environment);
  write_totals(json, result);
  write_errors(json, result);
  write(json, "latency", result.latency, detail);
  write(json, "service", result.service, detail);
  write(json, "connect", result.connect, detail);
  json.name("intervals");
  json.begin_array();
  for (const BenchInterval& interval : result.intervals) write(json, interval, detail);
  json.end_array();
  write_tester(json, result);
  if (result.window_begin_ns > 0) {
    json.name("window");
    json.begin_object();
    json.member("begin_ns", result.window_begin_ns);
    json.member("end_ns", result.window_end_ns);
    json.end_object();
  }
  json.end_object();
  return json.take() + "\n";
}

}  // namespace echod
