#include "app/metrics/exposition.h"

#include <fmt/format.h>

#include <iterator>

namespace echod {
namespace {

std::string_view type_name(MetricType type, MetricsFormat format) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
    case MetricType::kInfo:
      return format == MetricsFormat::kOpenMetrics ? "info" : "gauge";
  }
  return "unknown";
}

// Both formats escape a backslash, a quotation mark and a line feed, and nothing else. In a help
// text the older one leaves the quotation mark as it is; ours have none.
void append_escaped_label(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\\' || c == '"') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

// OpenMetrics wants a bucket's bound with a decimal point: "1.0" (section "Considerations:
// Canonical Numbers").
std::string bound_text(double bound, MetricsFormat format) {
  std::string text = fmt::format("{}", bound);
  if (format == MetricsFormat::kPrometheus && text.ends_with(".0")) text.resize(text.size() - 2);
  if (format == MetricsFormat::kOpenMetrics && !text.contains('.')) text += ".0";
  return text;
}

}  // namespace

std::string_view content_type_of(MetricsFormat format) {
  return format == MetricsFormat::kOpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

std::string_view Exposition::sample_suffix() const {
  if (family_.type == MetricType::kCounter) return "_total";
  if (family_.type == MetricType::kInfo) return "_info";
  return "";
}

void Exposition::append_name(std::string_view suffix) {
  text_ += family_.name;
  text_ += suffix;
}

void Exposition::begin(const MetricFamily& family) {
  family_ = family;
  const bool open = format_ == MetricsFormat::kOpenMetrics;
  const std::string_view suffix = open ? std::string_view() : sample_suffix();
  text_ += "# HELP ";
  append_name(suffix);
  text_ += ' ';
  text_ += family.help;
  text_ += "\n# TYPE ";
  append_name(suffix);
  text_ += ' ';
  text_ += type_name(family.type, format_);
  text_ += '\n';
  if (!open || family.unit.empty()) return;
  text_ += "# UNIT ";
  append_name({});
  text_ += ' ';
  text_ += family.unit;
  text_ += '\n';
}

// `last` follows `labels`: a histogram's bound.
void Exposition::append_labels(MetricLabels labels, const MetricLabel* last) {
  if (labels.size() == 0 && last == nullptr) return;
  char separator = '{';
  const auto append = [this, &separator](const MetricLabel& label) {
    text_ += separator;
    text_ += label.first;
    text_ += "=\"";
    append_escaped_label(text_, label.second);
    text_ += '"';
    separator = ',';
  };
  for (const MetricLabel& label : labels) append(label);
  if (last != nullptr) append(*last);
  text_ += '}';
}

void Exposition::sample(MetricLabels labels, uint64_t value) {
  append_name(sample_suffix());
  append_labels(labels);
  fmt::format_to(std::back_inserter(text_), " {}\n", value);
}

void Exposition::sample(MetricLabels labels, double value) {
  append_name(sample_suffix());
  append_labels(labels);
  fmt::format_to(std::back_inserter(text_), " {}\n", value);
}

void Exposition::bucket(MetricLabels labels, double bound, uint64_t count) {
  append_name("_bucket");
  const std::string text = bound_text(bound, format_);
  const MetricLabel last{"le", text};
  append_labels(labels, &last);
  fmt::format_to(std::back_inserter(text_), " {}\n", count);
}

void Exposition::end_histogram(MetricLabels labels, double sum, uint64_t count) {
  append_name("_bucket");
  const MetricLabel last{"le", "+Inf"};
  append_labels(labels, &last);
  fmt::format_to(std::back_inserter(text_), " {}\n", count);
  append_name("_sum");
  append_labels(labels);
  fmt::format_to(std::back_inserter(text_), " {}\n", sum);
  append_name("_count");
  append_labels(labels);
  fmt::format_to(std::back_inserter(text_), " {}\n", count);
}

std::string Exposition::finish() {
  if (format_ == MetricsFormat::kOpenMetrics) text_ += "# EOF\n";
  return std::move(text_);
}

}  // namespace echod
