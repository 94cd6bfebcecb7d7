#include "app/bench/report/threshold.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <span>

namespace echod {
namespace {

using Measure = Threshold::Measure;

struct LimitUnit {
  std::string_view name;
  double factor;
};

// A time limit without a unit would be ambiguous: seconds to one reader, milliseconds to the next.
constexpr LimitUnit kTimeUnits[] = {{"ns", 1},  {"us", 1e3}, {"ms", 1e6},
                                    {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
constexpr LimitUnit kRateUnits[] = {{"", 1}, {"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}};
constexpr LimitUnit kSizeUnits[] = {{"", 1},         {"B", 1},      {"kB", 1e3},     {"MB", 1e6},
                                    {"GB", 1e9},     {"TB", 1e12},  {"KiB", 0x1p10}, {"K", 0x1p10},
                                    {"MiB", 0x1p20}, {"M", 0x1p20}, {"GiB", 0x1p30}, {"G", 0x1p30},
                                    {"TiB", 0x1p40}, {"T", 0x1p40}};
constexpr LimitUnit kCountUnits[] = {{"", 1}, {"k", 1e3}, {"K", 1e3}, {"M", 1e6}};

struct Kind {
  std::string_view name;
  Measure measure;
  std::span<const LimitUnit> units;
  std::string_view limits;  // what its limits are, in words
  std::string_view example;
};

constexpr Kind kPercentileKind = {"p", Measure::kPercentile, kTimeUnits, "a duration with its unit",
                                  "p99>5ms"};
constexpr Kind kKinds[] = {
    {"mean", Measure::kMean, kTimeUnits, "a duration with its unit", "mean>1ms"},
    {"max", Measure::kMax, kTimeUnits, "a duration with its unit", "max>100ms"},
    {"rate", Measure::kRate, kRateUnits, "messages per second", "rate<50k"},
    {"throughput", Measure::kThroughput, kSizeUnits, "bytes per second", "throughput<1GB"},
    {"errors", Measure::kErrors, kCountUnits, "a count or a share", "errors>0"},
};

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Removes the number at the front of `text` and returns it. Nothing for negative ones.
std::optional<double> take_number(std::string_view& text) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(number) || std::signbit(number)) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

std::optional<double> parse_quantity(std::string_view text, std::span<const LimitUnit> units) {
  const std::optional<double> number = take_number(text);
  if (!number) return std::nullopt;
  for (const LimitUnit& unit : units) {
    if (unit.name == trimmed(text)) return *number * unit.factor;
  }
  return std::nullopt;
}

std::unexpected<std::string> wrong(std::string_view text, std::string_view what) {
  return std::unexpected(fmt::format("\"{}\": {}", text, what));
}

bool is_of_time(Measure measure) {
  return measure == Measure::kPercentile || measure == Measure::kMean || measure == Measure::kMax;
}

double measured(const Threshold& threshold, const BenchResult& result) {
  const auto errors = static_cast<double>(result.error_count());
  const auto messages = static_cast<double>(result.messages);
  switch (threshold.measure) {
    case Measure::kPercentile:
      return static_cast<double>(result.latency.value_at(threshold.percentile));
    case Measure::kMean:
      return result.latency.mean();
    case Measure::kMax:
      return static_cast<double>(result.latency.max());
    case Measure::kRate:
      return result.rate();
    case Measure::kThroughput:
      return result.elapsed_s > 0 ? static_cast<double>(result.bytes) / result.elapsed_s : 0;
    case Measure::kErrors:
      return errors;
    case Measure::kErrorShare:
      return errors > 0 ? errors / (errors + messages) : 0;
  }
  return 0;
}

}  // namespace

bool Threshold::broken_by(const BenchResult& result) const {
  if (is_of_time(measure) && result.latency.count() == 0) return true;
  const double value = measured(*this, result);
  if (inclusive && value == limit) return true;
  return above ? value > limit : value < limit;
}

std::expected<Threshold, std::string> parse_threshold(std::string_view text) {
  const size_t sign = text.find_first_of("<>");
  if (sign == std::string_view::npos) {
    return wrong(text, "there is no < or > in it; for example p99>5ms");
  }
  Threshold threshold;
  threshold.text = text;
  threshold.above = text[sign] == '>';
  std::string_view limit = text.substr(sign + 1);
  if (limit.starts_with('=')) {
    threshold.inclusive = true;
    limit.remove_prefix(1);
  }
  limit = trimmed(limit);

  const std::string_view name = trimmed(text.substr(0, sign));
  const Kind* kind = nullptr;
  for (const Kind& one : kKinds) {
    if (one.name == name) kind = &one;
  }
  if (!kind && name.starts_with('p')) {
    std::string_view number = name.substr(1);
    const std::optional<double> percentile = take_number(number);
    if (!percentile || !number.empty() || *percentile <= 0 || *percentile > 100) {
      return wrong(text, "a percentile is between 0 and 100; for example p99.9>5ms");
    }
    threshold.percentile = *percentile;
    kind = &kPercentileKind;
  }
  if (!kind) {
    return wrong(text,
                 "it can be p50, p99.9 and so on, mean, max, rate, throughput or errors; "
                 "for example p99>5ms");
  }
  threshold.measure = kind->measure;

  if (kind->measure == Measure::kErrors && limit.ends_with('%')) {
    threshold.measure = Measure::kErrorShare;
    constexpr LimitUnit kPercent[] = {{"%", 0.01}};
    kind = nullptr;
    const std::optional<double> share = parse_quantity(limit, kPercent);
    if (!share || *share > 1) {
      return wrong(text, "a share is between 0 and 100 %; for example errors>0.1%");
    }
    threshold.limit = *share;
    return threshold;
  }
  const bool per_second = kind->measure == Measure::kRate || kind->measure == Measure::kThroughput;
  if (per_second && limit.ends_with("/s")) limit.remove_suffix(2);
  const std::optional<double> value = parse_quantity(limit, kind->units);
  if (!value) {
    return wrong(text,
                 fmt::format("the limit must be {}; for example {}", kind->limits, kind->example));
  }
  threshold.limit = *value;
  return threshold;
}

}  // namespace echod
