// What the load tester shows while it runs, on standard error: on a terminal one line that is
// redrawn in place, elsewhere a plain line for each step of the time series.
#pragma once

#include <cstddef>
#include <string>

#include "app/bench/bench_options.h"
#include "app/bench/load/runner.h"

namespace echod {

// How a terminal wants it.
struct ViewStyle {
  bool in_place = false;  // a terminal that can redraw a line
  bool colour = false;
  size_t width = 80;  // columns
};

// The style for standard error as it is now: TERM, NO_COLOR and the window's width decide.
ViewStyle view_style();

// One line of at most `style.width` - 1 columns, without escapes but for colour: progress bar,
// time, rate, latencies, errors; the least important parts go first where it is narrow.
std::string live_line(const BenchProgress& progress, const ViewStyle& style);

// "3 s: 93,912 messages/s, p50 241 us, p99 4.43 ms, no errors", for a step of the time series.
std::string plain_line(const BenchProgress& progress);

class View {
 public:
  // `enabled` false: shows nothing.
  View(bool enabled, ViewStyle style) : enabled_(enabled), style_(style) {}

  void show(const BenchProgress& progress);

  // Removes the line that was redrawn. The report follows.
  void finish();

 private:
  const bool enabled_;
  ViewStyle style_;
  bool drawn_ = false;
  Time next_redraw_ = Time::min();
  double next_plain_s_ = 0;  // the end of the next step to have a line
};

}  // namespace echod
