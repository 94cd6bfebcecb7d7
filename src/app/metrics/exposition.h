// Writes metrics as text in one of two formats, which differ in names, units and numbers:
//
// - Prometheus' text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats);
// - OpenMetrics 1.0 (github.com/OpenObservability/OpenMetrics, specification/OpenMetrics.md).
//
// A family is named without the suffix that its type adds: "echod_connections" is a counter, whose
// samples are called echod_connections_total. There are no _created samples: Prometheus before 3.0
// stores each as a series of its own, and process_start_time_seconds says the same.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/cell.h"

namespace echod {

enum class MetricsFormat : uint8_t { kPrometheus, kOpenMetrics };

enum class MetricType : uint8_t {
  kCounter,
  kGauge,
  kHistogram,
  kInfo,  // a constant 1, whose labels say what is
};

struct MetricFamily {
  std::string_view name;  // without _total, _info, _bucket; it ends in its unit
  MetricType type;
  std::string_view unit;  // "seconds", "bytes"; empty: none
  std::string_view help;  // a sentence, without its full stop
};

using MetricLabel = std::pair<std::string_view, std::string_view>;
using MetricLabels = std::initializer_list<MetricLabel>;

// One text. Methods throw std::bad_alloc if out of memory.
class Exposition {
 public:
  explicit Exposition(MetricsFormat format) : format_(format) {}

  // Begins a family: the samples that follow are its own. Its texts must outlive them.
  void begin(const MetricFamily& family);

  // A sample of a counter, a gauge or an info. Label values are escaped.
  void sample(MetricLabels labels, uint64_t value);
  void sample(MetricLabels labels, double value);

  // The samples of a histogram.
  template <std::array kBounds>
  void histogram(MetricLabels labels, const DurationCells<kBounds>& cells) {
    uint64_t count = 0;
    for (size_t i = 0; i < kBounds.size(); ++i) {
      count += cells.count(i);
      bucket(labels, static_cast<double>(kBounds[i]) / 1e9, count);
    }
    count += cells.count(kBounds.size());
    end_histogram(labels, static_cast<double>(cells.sum()) / 1e9, count);
  }

  // Ends the text and returns it.
  std::string finish();

 private:
  void bucket(MetricLabels labels, double bound, uint64_t count);
  void end_histogram(MetricLabels labels, double sum, uint64_t count);
  void append_name(std::string_view suffix);
  void append_labels(MetricLabels labels, const MetricLabel* last = nullptr);
  std::string_view sample_suffix() const;

  const MetricsFormat format_;
  MetricFamily family_ = {};
  std::string text_;
};

// The Content-Type of a text.
std::string_view content_type_of(MetricsFormat format);

}  // namespace echod
