// The progress of a run on standard error: on a terminal one line that is redrawn in place,
// elsewhere a plain line for each interval of the time series.
#pragma once

#include <cstddef>
#include <string>

#include "app/bench/bench_options.h"
#include "app/bench/load/runner.h"

namespace echod {

// What the terminal can show.
struct ViewStyle {
  bool in_place = false;  // a terminal that can redraw a line
  bool colour = false;
  size_t width = 80;  // columns
};

// The style for standard error as it is now: TERM, NO_COLOR and the window's width decide.
ViewStyle view_style();

// One line of at most `style.width` - 1 columns, with no escapes other than colour: progress bar,
// time, rate, latencies, errors. In a narrow terminal the least important parts are left out first.
std::string live_line(const BenchProgress& progress, const ViewStyle& style);

// "3 s: 93,912 messages/s, p50 241 us, p99 4.43 ms, no errors", for an interval of the time series.
std::string plain_line(const BenchProgress& progress);

class View {
 public:
  // `enabled` false: shows nothing.
  View(bool enabled, ViewStyle style) : enabled_(enabled), style_(style) {}

  void show(const BenchProgress& progress);

  // Removes the redrawn line, before the report.
  void finish();

 private:
  const bool enabled_;
  ViewStyle style_;
  bool drawn_ = false;
  Time next_redraw_ = Time::min();
  double next_plain_s_ = 0;  // the end of the next interval to print
};

}  // namespace echod
