// The two formats, byte for byte, and that the older one is what prometheus-cpp writes.
#include "app/metrics/exposition.h"

#include <gtest/gtest.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace echod {
namespace {

constexpr std::array<int64_t, 3> kBounds = {250'000, 1'000'000'000, 10'000'000'000};

std::string sample(MetricsFormat format) {
  Exposition out(format);
  out.begin({"t_things", MetricType::kCounter, "", "Things"});
  out.sample({{"kind", "a"}, {"place", "b"}}, uint64_t{7});
  out.begin({"t_used_bytes", MetricType::kGauge, "bytes", "Bytes"});
  out.sample({}, 1.5);
  out.begin({"t_build", MetricType::kInfo, "", "The build"});
  out.sample({{"version", "1"}}, uint64_t{1});
  return out.finish();
}

TEST(ExpositionTest, PrometheusText) {
  EXPECT_EQ(sample(MetricsFormat::kPrometheus),
            "# HELP t_things_total Things\n"
            "# TYPE t_things_total counter\n"
            "t_things_total{kind=\"a\",place=\"b\"} 7\n"
            "# HELP t_used_bytes Bytes\n"
            "# TYPE t_used_bytes gauge\n"
            "t_used_bytes 1.5\n"
            "# HELP t_build_info The build\n"
            "# TYPE t_build_info gauge\n"
            "t_build_info{version=\"1\"} 1\n");
}

TEST(ExpositionTest, OpenMetricsNamesFamiliesWithoutSuffixesAndHasUnitsAndAnEnd) {
  EXPECT_EQ(sample(MetricsFormat::kOpenMetrics),
            "# HELP t_things Things\n"
            "# TYPE t_things counter\n"
            "t_things_total{kind=\"a\",place=\"b\"} 7\n"
            "# HELP t_used_bytes Bytes\n"
            "# TYPE t_used_bytes gauge\n"
            "# UNIT t_used_bytes bytes\n"
            "t_used_bytes 1.5\n"
            "# HELP t_build The build\n"
            "# TYPE t_build info\n"
            "t_build_info{version=\"1\"} 1\n"
            "# EOF\n");
}

TEST(ExpositionTest, AHistogramIsCumulativeAndItsBoundsAreInclusive) {
  DurationCells<kBounds> cells;
  for (int64_t length : {-5L, 0L, 250'000L, 250'001L, 1'000'000'000L, 60'000'000'000L}) {
    cells.record(Duration(length));
  }
  Exposition out(MetricsFormat::kOpenMetrics);
  out.begin({"t_seconds", MetricType::kHistogram, "seconds", "Time"});
  out.histogram({{"x", "y"}}, cells);
  EXPECT_EQ(out.finish(),
            "# HELP t_seconds Time\n"
            "# TYPE t_seconds histogram\n"
            "# UNIT t_seconds seconds\n"
            "t_seconds_bucket{x=\"y\",le=\"0.00025\"} 3\n"
            "t_seconds_bucket{x=\"y\",le=\"1.0\"} 5\n"
            "t_seconds_bucket{x=\"y\",le=\"10.0\"} 5\n"
            "t_seconds_bucket{x=\"y\",le=\"+Inf\"} 6\n"
            "t_seconds_sum{x=\"y\"} 61.000500001\n"
            "t_seconds_count{x=\"y\"} 6\n"
            "# EOF\n");
}

TEST(ExpositionTest, LabelValuesAreEscaped) {
  Exposition out(MetricsFormat::kPrometheus);
  out.begin({"t", MetricType::kGauge, "", "T"});
  out.sample({{"a", "say \"no\"\n\\o/"}}, uint64_t{0});
  EXPECT_TRUE(out.finish().ends_with("t{a=\"say \\\"no\\\"\\n\\\\o/\"} 0\n"));
}

// Another implementation of the older format, given the same values.
TEST(ExpositionTest, TheTextIsThatOfPrometheusCpp) {
  DurationCells<kBounds> cells;
  for (int64_t length : {250'000L, 500'000'000L, 11'500'000'000L}) cells.record(Duration(length));
  Exposition out(MetricsFormat::kPrometheus);
  out.begin({"t_things", MetricType::kCounter, "", "Things"});
  out.sample({{"kind", "quote\" back\\ line\n"}}, uint64_t{1} << 40);
  out.begin({"t_used_bytes", MetricType::kGauge, "bytes", "Bytes"});
  out.sample({}, 1234.5);
  out.begin({"t_seconds", MetricType::kHistogram, "seconds", "Time"});
  out.histogram({{"x", "y"}}, cells);

  using prometheus::ClientMetric;
  prometheus::MetricFamily counter{
      "t_things_total", "Things", prometheus::MetricType::Counter, {ClientMetric{}}};
  counter.metric[0].label = {{"kind", "quote\" back\\ line\n"}};
  counter.metric[0].counter.value = static_cast<double>(uint64_t{1} << 40);
  prometheus::MetricFamily gauge{
      "t_used_bytes", "Bytes", prometheus::MetricType::Gauge, {ClientMetric{}}};
  gauge.metric[0].gauge.value = 1234.5;
  prometheus::MetricFamily histogram{
      "t_seconds", "Time", prometheus::MetricType::Histogram, {ClientMetric{}}};
  histogram.metric[0].label = {{"x", "y"}};
  histogram.metric[0].histogram = {
      .sample_count = 3,
      .sample_sum = 12.00025,
      .bucket = {{1, 0.00025}, {2, 1}, {2, 10}, {3, std::numeric_limits<double>::infinity()}}};
  EXPECT_EQ(out.finish(), prometheus::TextSerializer().Serialize({counter, gauge, histogram}));
}

}  // namespace
}  // namespace echod
