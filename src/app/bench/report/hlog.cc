#include "app/bench/report/hlog.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "app/bench/report/histogram_codec.h"
#include "app/bench/report/report_json.h"
#include "app/bench/report/utc_time.h"

namespace echod {
namespace {

constexpr std::string_view kVersionLine = "#[Histogram log format version ";
constexpr std::string_view kStartLine = "#[StartTime: ";
constexpr std::string_view kReportLine = "#[Report: ";  // and the JSON report, and ']'
constexpr std::string_view kLegend = "\"StartTimestamp\"";
constexpr std::string_view kTag = "Tag=";
constexpr std::string_view kServiceTag = "service";
constexpr std::string_view kConnectTag = "connect";

// --- Writing ------------------------------------------------------------------------------------

std::string line(std::string_view tag, double start_s, double length_s, const Histogram& histogram,
                 const std::string& encoded) {
  return fmt::format("{}{}{}{:.3f},{:.3f},{:.3f},{}\n", tag.empty() ? "" : kTag, tag,
                     tag.empty() ? "" : ",", start_s, length_s,
                     static_cast<double>(histogram.max()) / 1e6, encoded);
}

// A line for each interval; nothing unless they add up to all that was measured.
std::optional<std::string> interval_lines(const BenchResult& result) {
  Histogram sum;
  std::string lines;
  for (const BenchInterval& interval : result.intervals) {
    if (interval.latency.empty()) return std::nullopt;
    const auto histogram = decode_histogram(interval.latency);
    if (!histogram) return std::nullopt;
    sum.add(*histogram);
    lines += line("", interval.start_s, interval.length_s, *histogram, interval.latency);
  }
  if (sum.counters() != result.latency.counters()) return std::nullopt;
  return lines;
}

// On one line: what breaks lines in it stands between its members alone.
std::string report_comment(const BenchResult& result) {
  std::string json = json_report(result);
  std::erase(json, '\n');
  return fmt::format("{}{}]\n", kReportLine, json);
}

// --- Reading ------------------------------------------------------------------------------------

struct LogLine {
  std::string_view tag;
  double start_s = 0;
  double length_s = 0;
  Histogram histogram;
  std::string_view encoded;
};

std::optional<double> parse_seconds(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || !std::isfinite(seconds) || seconds < 0) return std::nullopt;
  return seconds;
}

// The part of `text` before the next `separator`, which moves behind it.
std::string_view take(std::string_view& text, char separator) {
  const size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::expected<LogLine, std::string> parse_line(std::string_view text) {
  LogLine line;
  if (text.starts_with(kTag)) {
    line.tag = take(text, ',').substr(kTag.size());
    if (line.tag != kServiceTag && line.tag != kConnectTag) {
      return std::unexpected("its tag is neither service nor connect");
    }
  }
  const std::optional<double> start = parse_seconds(take(text, ','));
  const std::optional<double> length = parse_seconds(take(text, ','));
  if (!start || !length) return std::unexpected("it does not begin with a start and a length");
  line.start_s = *start;
  line.length_s = *length;
  take(text, ',');  // the maximum, which the histogram has too
  line.encoded = text;
  std::expected<Histogram, std::string> histogram = decode_histogram(text);
  if (!histogram) return std::unexpected(histogram.error());
  line.histogram = std::move(*histogram);
  return line;
}

// What the lines of a log say, whoever wrote it.
class LogReader {
 public:
  explicit LogReader(size_t intervals_max) : intervals_max_(intervals_max) {}

  // Empty, or what is wrong.
  std::string read(std::string_view text) {
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.empty() || text.starts_with(kLegend)) return "";
    if (text.starts_with('#')) return read_comment(text);
    const std::expected<LogLine, std::string> line = parse_line(text);
    if (!line) return line.error();
    if (line->tag == kServiceTag) {
      log_.service.add(line->histogram);
    } else if (line->tag == kConnectTag) {
      log_.connect.add(line->histogram);
    } else {
      add_interval(*line);
    }
    const bool too_many = log_.intervals.size() > intervals_max_;
    return too_many ? fmt::format("there are more than {} intervals", intervals_max_) : "";
  }

  std::expected<BenchResult, std::string> result() && {
    if (!report_) return std::move(log_);
    // The report has it all; the lines must agree with it, or somebody cut the log.
    if (report_->latency.counters() != log_.latency.counters()) {
      return std::unexpected("its intervals do not add up to its report");
    }
    return std::move(*report_);
  }

 private:
  std::string read_comment(std::string_view text) {
    if (text.starts_with(kStartLine)) {
      std::string_view rest = text.substr(kStartLine.size());
      if (const std::optional<double> seconds = parse_seconds(take(rest, ' '))) {
        log_.environment.started_at = format_utc(*seconds);
      }
    }
    if (text.starts_with(kReportLine) && text.ends_with(']')) {
      text.remove_prefix(kReportLine.size());
      text.remove_suffix(1);
      std::expected<BenchResult, std::string> report = parse_json_report(text);
      if (!report) return report.error();
      report_ = std::move(*report);
    }
    return "";
  }

  void add_interval(const LogLine& line) {
    // Other tools write times since the epoch, or since anything.
    if (log_.intervals.empty()) first_start_s_ = line.start_s;
    const double start_s = std::max(0.0, line.start_s - first_start_s_);
    log_.intervals.push_back({.start_s = start_s,
                              .length_s = line.length_s,
                              .messages = line.histogram.count(),
                              .bytes = 0,
                              .errors = 0,
                              .connections = 0,
                              .p50_ns = line.histogram.value_at(50),
                              .p90_ns = line.histogram.value_at(90),
                              .p99_ns = line.histogram.value_at(99),
                              .max_ns = line.histogram.max(),
                              .latency = std::string(line.encoded)});
    log_.latency.add(line.histogram);
    log_.messages += line.histogram.count();
    log_.elapsed_s = std::max(log_.elapsed_s, start_s + line.length_s);
  }

  const size_t intervals_max_;
  BenchResult log_;
  double first_start_s_ = 0;
  std::optional<BenchResult> report_;
};

}  // namespace

std::string hlog_report(const BenchResult& result) {
  std::string text = fmt::format("#[Written by echod bench {}: latencies in nanoseconds]\n",
                                 result.environment.echod_version);
  text += fmt::format("{}1.3]\n", kVersionLine);
  if (const std::optional<double> started = parse_utc(result.environment.started_at)) {
    text += fmt::format("#[BaseTime: {:.3f} (seconds since epoch)]\n", *started);
    text += fmt::format("{}{:.3f} (seconds since epoch), {}]\n", kStartLine, *started,
                        result.environment.started_at);
  }
  text += report_comment(result);
  text +=
      "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
      "\"Interval_Compressed_Histogram\"\n";
  const auto whole = [&](std::string_view tag, const Histogram& histogram) {
    return line(tag, 0, result.elapsed_s, histogram, encode_histogram(histogram));
  };
  const std::optional<std::string> intervals = interval_lines(result);
  text += intervals ? *intervals : whole("", result.latency);
  if (result.service.count() > 0) text += whole(kServiceTag, result.service);
  if (result.connect.count() > 0) text += whole(kConnectTag, result.connect);
  return text;
}

std::expected<BenchResult, std::string> parse_hlog(std::string_view text, size_t intervals_max) {
  LogReader reader(intervals_max);
  for (size_t number = 1; !text.empty(); ++number) {
    if (std::string error = reader.read(take(text, '\n')); !error.empty()) {
      return std::unexpected(fmt::format("line {}: {}", number, error));
    }
  }
  return std::move(reader).result();
}

bool is_hlog(std::string_view text) {
  return text.starts_with("#[") || text.starts_with(kLegend) || text.starts_with(kTag);
}

}  // namespace echod
