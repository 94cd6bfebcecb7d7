#include "app/bench/report/report_json.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/bench/report/histogram_codec.h"

namespace echod {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::string_view kSchema = "echod-bench/1";
constexpr std::string_view kSchemaFamily = "echod-bench/";

// JSON has neither infinities nor NaN.
double finite(double value) { return std::isfinite(value) ? value : 0; }

double per_second(uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

// --- Writing ------------------------------------------------------------------------------------

// Percentile and value, with five points each time the rest above halves: as HdrHistogram's own
// percentile output has them, which is dense enough for any plot.
ordered_json curve_of(const Histogram& histogram) {
  ordered_json curve = ordered_json::array();
  if (histogram.count() == 0) return curve;
  constexpr int kPointsPerHalving = 5;
  for (int point = 0;; ++point) {
    const int halvings = point / kPointsPerHalving;
    const int within = point % kPointsPerHalving;
    const double rest = std::exp2(-halvings) * (1 - 0.5 * within / kPointsPerHalving);
    if (rest * static_cast<double>(histogram.count()) < 1) break;
    const double percentile = std::round(100e10 * (1 - rest)) / 1e10;  // 10, not 9.999999999999998
    curve.push_back({percentile, histogram.value_at(percentile)});
  }
  curve.push_back({100, histogram.max()});
  return curve;
}

ordered_json to_json(const Histogram& histogram, HistogramDetail detail) {
  ordered_json percentiles = ordered_json::object();
  for (const double percentile : kReportPercentiles) {
    percentiles[fmt::format("p{}", percentile)] = histogram.value_at(percentile);
  }
  ordered_json result = {
      {"count", histogram.count()},
      {"clipped", histogram.clipped()},
      {"min_ns", histogram.min()},
      {"mean_ns", finite(histogram.mean())},
      {"stddev_ns", finite(histogram.standard_deviation())},
      {"percentiles_ns", std::move(percentiles)},
      {"max_ns", histogram.max()},
      {"curve", curve_of(histogram)},
  };
  if (detail == HistogramDetail::kWhole) result["hdr_v2"] = encode_histogram(histogram);
  return result;
}

ordered_json to_json(const BenchPlan& plan) {
  return {
      {"url", plan.url},
      {"loop", plan.loop},
      {"sizes", plan.sizes},
      {"connections", plan.connections},
      {"threads", plan.threads},
      {"pipeline", plan.pipeline},
      {"idle_connections", plan.idle_connections},
      {"rate_per_s", finite(plan.rate)},
      {"connect_each", plan.connect_each},
      {"verify", plan.verify},
      {"warm_up_s", finite(plan.warm_up_s)},
  };
}

ordered_json to_json(const BenchEnvironment& environment) {
  return {
      {"echod_version", environment.echod_version},
      {"compiler", environment.compiler},
      {"engine", environment.engine},
      {"kernel", environment.kernel},
      {"machine", environment.machine},
      {"cpu", environment.cpu},
      {"processors", environment.processors},
      {"started_at", environment.started_at},
  };
}

ordered_json totals_of(const BenchResult& result) {
  return {
      {"elapsed_s", finite(result.elapsed_s)},
      {"interrupted", result.interrupted},
      {"messages", result.messages},
      {"bytes", result.bytes},
      {"messages_per_s", finite(result.rate())},
      {"bytes_per_s", finite(per_second(result.bytes, result.elapsed_s))},
      {"connects", result.connects},
      {"unanswered", result.unanswered},
      {"late_sends", result.late_sends},
      {"errors", result.error_count()},
  };
}

ordered_json tester_of(const BenchResult& result) {
  return {
      {"cpu_s", finite(result.tester_cpu_s)},
      {"cpu_busy", finite(result.tester_cpu_busy)},
      {"schedule_lag_p99_ns", result.schedule_lag_p99_ns},
      {"ceiling_per_s", finite(result.ceiling_per_s)},
      {"at_ceiling", result.at_ceiling},
  };
}

ordered_json to_json(const BenchInterval& interval, HistogramDetail detail) {
  ordered_json result = {
      {"start_s", finite(interval.start_s)}, {"length_s", finite(interval.length_s)},
      {"messages", interval.messages},       {"bytes", interval.bytes},
      {"errors", interval.errors},           {"connections", interval.connections},
      {"p50_ns", interval.p50_ns},           {"p90_ns", interval.p90_ns},
      {"p99_ns", interval.p99_ns},           {"max_ns", interval.max_ns},
  };
  if (detail == HistogramDetail::kWhole && !interval.latency.empty()) {
    result["hdr_v2"] = interval.latency;
  }
  return result;
}

std::string compact(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

// One line for each member of the document and of what is in it: readable, and not a line for each
// number of a curve.
void write(std::string& text, const ordered_json& value, size_t depth) {
  constexpr size_t kDepthMax = 2;
  if (!value.is_structured() || value.empty() || depth == kDepthMax) {
    text += compact(value);
    return;
  }
  text += value.is_object() ? "{" : "[";
  for (auto member = value.begin(); member != value.end(); ++member) {
    text += fmt::format("{}\n{:{}}", member == value.begin() ? "" : ",", "", depth + 1);
    if (value.is_object()) text += compact(member.key()) + ": ";
    write(text, *member, depth + 1);
  }
  text += fmt::format("\n{:{}}{}", "", depth, value.is_object() ? "}" : "]");
}

// --- Reading ------------------------------------------------------------------------------------

// Reads members of an object and remembers the first thing that was wrong, so that a caller looks
// once, at the end.
class Reader {
 public:
  Reader(const json& object, std::string path, std::string& error)
      : object_(object), path_(std::move(path)), error_(error) {
    if (!object_.is_object()) fail("", "is not an object");
  }

  Reader object(const char* name) const {
    const json* member = find(name);
    return Reader(member ? *member : kEmpty, path_ + name + ".", error_);
  }

  void read(const char* name, std::string& value) const {
    if (const json* member = find(name, json::value_t::string)) value = *member;
  }
  void read(const char* name, bool& value) const {
    if (const json* member = find(name, json::value_t::boolean)) value = *member;
  }
  void read(const char* name, uint64_t& value) const {
    if (const json* member = find(name, json::value_t::number_unsigned)) value = *member;
  }
  void read(const char* name, double& value) const {
    const json* member = find(name);
    if (!member) return;
    if (!member->is_number() || *member < 0) return fail(name, "is not a number of 0 or more");
    value = *member;
  }

  void read(const char* name, Histogram& histogram) const {
    const Reader members = object(name);
    std::string encoded;
    uint64_t count = 0;
    uint64_t clipped = 0;
    members.read("hdr_v2", encoded);
    members.read("count", count);
    members.read("clipped", clipped);
    if (!error_.empty()) return;
    std::expected<Histogram, std::string> decoded = decode_histogram(encoded);
    if (!decoded) return members.fail("hdr_v2", "is wrong: " + decoded.error());
    if (decoded->count() != count) return members.fail("count", "is not that of hdr_v2");
    histogram = with_clipped(*decoded, clipped);
    if (histogram.clipped() != clipped) members.fail("clipped", "is more than hdr_v2 has");
  }

  const json* list(const char* name) const { return find(name, json::value_t::array); }
  const json* map(const char* name) const { return find(name, json::value_t::object); }
  bool has(const char* name) const { return object_.is_object() && object_.contains(name); }

  void fail(std::string_view name, std::string_view what) const {
    std::string where = path_ + std::string(name);
    if (where.ends_with('.')) where.pop_back();
    if (error_.empty()) {
      error_ = fmt::format("{} {}", where.empty() ? "the document" : where, what);
    }
  }

 private:
  const json* find(const char* name) const {
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(name);
    if (found != object_.end()) return &*found;
    fail(name, "is missing");
    return nullptr;
  }

  const json* find(const char* name, json::value_t type) const {
    const json* member = find(name);
    if (!member || member->type() == type) return member;
    switch (type) {
      case json::value_t::string:
        fail(name, "is not a string");
        break;
      case json::value_t::boolean:
        fail(name, "is not true or false");
        break;
      case json::value_t::number_unsigned:
        fail(name, "is not a whole number");
        break;
      case json::value_t::array:
        fail(name, "is not a list");
        break;
      default:
        fail(name, "is not an object");
    }
    return nullptr;
  }

  static const json kEmpty;

  const json& object_;
  std::string path_;
  std::string& error_;
};

const json Reader::kEmpty = json::object();

void read_plan(const Reader& from, BenchPlan& plan) {
  from.read("url", plan.url);
  from.read("loop", plan.loop);
  from.read("sizes", plan.sizes);
  from.read("connections", plan.connections);
  from.read("threads", plan.threads);
  from.read("pipeline", plan.pipeline);
  from.read("idle_connections", plan.idle_connections);
  from.read("rate_per_s", plan.rate);
  from.read("connect_each", plan.connect_each);
  from.read("verify", plan.verify);
  from.read("warm_up_s", plan.warm_up_s);
}

void read_environment(const Reader& from, BenchEnvironment& environment) {
  from.read("echod_version", environment.echod_version);
  from.read("compiler", environment.compiler);
  from.read("engine", environment.engine);
  from.read("kernel", environment.kernel);
  from.read("machine", environment.machine);
  from.read("cpu", environment.cpu);
  from.read("processors", environment.processors);
  from.read("started_at", environment.started_at);
}

void read_totals(const Reader& from, BenchResult& result) {
  from.read("elapsed_s", result.elapsed_s);
  from.read("interrupted", result.interrupted);
  from.read("messages", result.messages);
  from.read("bytes", result.bytes);
  from.read("connects", result.connects);
  from.read("unanswered", result.unanswered);
  from.read("late_sends", result.late_sends);
}

void read_tester(const Reader& from, BenchResult& result) {
  from.read("cpu_s", result.tester_cpu_s);
  from.read("cpu_busy", result.tester_cpu_busy);
  from.read("schedule_lag_p99_ns", result.schedule_lag_p99_ns);
  from.read("ceiling_per_s", result.ceiling_per_s);
  from.read("at_ceiling", result.at_ceiling);
}

void read_errors(const Reader& from, BenchResult& result) {
  if (const json* kinds = from.map("by_kind")) {
    const Reader reader = from.object("by_kind");
    for (const auto& [kind, count] : kinds->items()) {
      reader.read(kind.c_str(), result.errors[kind]);
    }
  }
  if (const json* list = from.list("first")) {
    for (const json& text : *list) {
      if (!text.is_string()) return from.fail("first", "is not a list of strings");
      result.first_errors.push_back(text);
    }
  }
}

BenchInterval read_interval(const Reader& from) {
  BenchInterval interval;
  from.read("start_s", interval.start_s);
  from.read("length_s", interval.length_s);
  from.read("messages", interval.messages);
  from.read("bytes", interval.bytes);
  from.read("errors", interval.errors);
  from.read("connections", interval.connections);
  from.read("p50_ns", interval.p50_ns);
  from.read("p90_ns", interval.p90_ns);
  from.read("p99_ns", interval.p99_ns);
  from.read("max_ns", interval.max_ns);
  if (from.has("hdr_v2")) from.read("hdr_v2", interval.latency);
  if (interval.latency.empty()) return interval;
  const std::expected<Histogram, std::string> decoded = decode_histogram(interval.latency);
  if (!decoded) from.fail("hdr_v2", "is wrong: " + decoded.error());
  return interval;
}

}  // namespace

std::string json_report(const BenchResult& result, HistogramDetail detail) {
  ordered_json intervals = ordered_json::array();
  for (const BenchInterval& interval : result.intervals) {
    intervals.push_back(to_json(interval, detail));
  }
  ordered_json kinds = ordered_json::object();
  for (const auto& [kind, count] : result.errors) kinds[kind] = count;
  ordered_json report = {
      {"schema", kSchema},
      {"plan", to_json(result.plan)},
      {"environment", to_json(result.environment)},
      {"totals", totals_of(result)},
      {"errors", {{"by_kind", std::move(kinds)}, {"first", result.first_errors}}},
      {"latency", to_json(result.latency, detail)},
      {"service", to_json(result.service, detail)},
      {"connect", to_json(result.connect, detail)},
      {"intervals", std::move(intervals)},
      {"tester", tester_of(result)},
  };
  if (result.window_begin_ns > 0) {
    report["window"] = {{"begin_ns", result.window_begin_ns}, {"end_ns", result.window_end_ns}};
  }
  std::string text;
  write(text, report, 0);
  return text + "\n";
}

std::expected<BenchResult, std::string> parse_json_report(std::string_view text) {
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return std::unexpected("it is not JSON");
  std::string error;
  const Reader top(document, "", error);
  std::string schema;
  top.read("schema", schema);
  if (error.empty() && schema != kSchema) {
    top.fail("schema", schema.starts_with(kSchemaFamily)
                           ? fmt::format("is {}; this echod reads {}", schema, kSchema)
                           : "is not that of a report of echod bench");
  }
  BenchResult result;
  if (error.empty()) {
    read_plan(top.object("plan"), result.plan);
    read_environment(top.object("environment"), result.environment);
    read_totals(top.object("totals"), result);
    read_errors(top.object("errors"), result);
    top.read("latency", result.latency);
    top.read("service", result.service);
    top.read("connect", result.connect);
    read_tester(top.object("tester"), result);
  }
  if (const json* intervals = error.empty() ? top.list("intervals") : nullptr) {
    for (size_t i = 0; i < intervals->size() && error.empty(); ++i) {
      const Reader reader((*intervals)[i], fmt::format("intervals[{}].", i), error);
      result.intervals.push_back(read_interval(reader));
    }
  }
  if (!error.empty()) return std::unexpected(error);
  return result;
}

}  // namespace echod
