#include "app/bench/report/view.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "app/bench/report/figures.h"

namespace echod {
namespace {

constexpr size_t kBarWidthMin = 10;
constexpr size_t kBarWidthMax = 40;
constexpr Duration kRedraw = std::chrono::milliseconds(100);

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

std::string bar(double share, size_t width) {
  const auto filled = static_cast<size_t>(share * static_cast<double>(width));
  std::string text(filled, '=');
  if (filled < width) text += '>';
  text.resize(width, ' ');
  return "[" + text + "]";
}

std::string errors_in_words(uint64_t errors) {
  if (errors == 0) return "no errors";
  return fmt::format("{} error{}", format_count(errors), errors == 1 ? "" : "s");
}

std::string stage_in_words(const BenchProgress& progress) {
  switch (progress.stage) {
    case BenchProgress::Stage::kOpening:
      return fmt::format("opening connections: {}", format_count(progress.opened));
    case BenchProgress::Stage::kWarmingUp:
      return "warming up";
    case BenchProgress::Stage::kMeasuring:
      return fmt::format("{:.1f} s", progress.elapsed_s);
    case BenchProgress::Stage::kEnding:
      return "waiting for the last echoes";
  }
  return {};
}

double current_rate(const BenchProgress& progress) {
  if (progress.last.length_s > 0 && progress.stage == BenchProgress::Stage::kMeasuring) {
    return static_cast<double>(progress.last.messages) / progress.last.length_s;
  }
  if (progress.elapsed_s <= 0) return 0;
  return static_cast<double>(progress.messages) / progress.elapsed_s;
}

}  // namespace

ViewStyle view_style() {
  ViewStyle style;
  const std::string_view term = environment("TERM");
  style.in_place = ::isatty(STDERR_FILENO) == 1 && !term.empty() && term != "dumb";
  style.colour = style.in_place && environment("NO_COLOR").empty();
  winsize window{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0) {
    style.width = window.ws_col;
  }
  return style;
}

std::string live_line(const BenchProgress& progress, const ViewStyle& style) {
  // By importance; what does not fit is left out, with all that follows.
  std::vector<std::string> parts = {stage_in_words(progress)};
  if (progress.messages > 0) {
    parts.push_back(fmt::format("{}/s", format_rate(current_rate(progress))));
  }
  if (progress.errors > 0) parts.push_back(errors_in_words(progress.errors));
  if (progress.messages > 0) {
    const auto at = [&](double percentile) {
      return format_latency(static_cast<double>(progress.latency.value_at(percentile)));
    };
    parts.push_back("p50 " + at(50));
    parts.push_back("p99 " + at(99));
  }
  const size_t room = style.width > 1 ? style.width - 1 : 0;  // the last column may wrap
  std::string line;
  for (std::string& part : parts) {
    const size_t gap = line.empty() ? 0 : 2;
    if (line.size() + gap + part.size() > room) break;
    line += std::string(gap, ' ') + part;
  }
  const size_t left = room - std::min(room, line.size() + 3);
  if (left >= kBarWidthMin) {
    line = bar(progress.share, std::min(left, kBarWidthMax)) + " " + line;
  }
  if (style.colour && progress.errors > 0) line = "\x1b[31m" + line + "\x1b[0m";
  return line;
}

std::string plain_line(const BenchProgress& progress) {
  if (progress.stage == BenchProgress::Stage::kOpening ||
      progress.stage == BenchProgress::Stage::kWarmingUp) {
    return stage_in_words(progress);
  }
  std::string line = fmt::format("{:.0f} s: {} messages/s", progress.elapsed_s,
                                 format_rate(current_rate(progress)));
  if (progress.messages > 0) {
    line +=
        fmt::format(", p50 {}, p99 {}", format_latency(static_cast<double>(progress.last.p50_ns)),
                    format_latency(static_cast<double>(progress.last.p99_ns)));
  }
  return line + ", " + errors_in_words(progress.errors);
}

void View::show(const BenchProgress& progress) {
  if (!enabled_) return;
  if (style_.in_place) {
    const Time now = MonotonicClock().now();
    if (now < next_redraw_) return;
    next_redraw_ = now + kRedraw;
    style_.width = view_style().width;  // a window may change
    std::fputs(("\r" + live_line(progress, style_) + "\x1b[K").c_str(), stderr);
    drawn_ = true;
    return;
  }
  // One line for each step that is complete.
  const double step_end_s = progress.last.start_s + progress.last.length_s;
  // What came back after the end, or of a run that ended within the step: no rate to speak of.
  const bool over = progress.last.start_s >= progress.elapsed_s || progress.elapsed_s < step_end_s;
  if (progress.last.length_s <= 0 || step_end_s < next_plain_s_ || over) return;
  next_plain_s_ = step_end_s + progress.last.length_s / 2;
  BenchProgress step{.stage = BenchProgress::Stage::kMeasuring,
                     .elapsed_s = step_end_s,
                     .messages = progress.messages,
                     .errors = progress.errors,
                     .last = progress.last,
                     .latency = progress.latency};
  std::fputs((plain_line(step) + "\n").c_str(), stderr);
}

void View::finish() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

}  // namespace echod
