#include "app/log/log.h"

#include <atomic>
#include <cstdio>

#include "app/log/line_writer.h"

namespace echod {
namespace {

using std::chrono::system_clock;

// How lines look. Read by any thread that logs, and by the writer's.
struct Style {
  std::atomic<LogLevel> level;
  std::atomic<LogFormat> format;

  // What stands before each line of text: the level as a syslog priority, and the time. Set before
  // the first line.
  std::atomic<bool> text_is_prioritised = false;
  std::atomic<bool> text_is_timed = false;

  std::string prefix(LogFormat now, LogLevel line, system_clock::time_point time) const {
    if (now != LogFormat::kText) return {};
    std::string prefix(text_is_prioritised ? priority_prefix(line) : "");
    return prefix += time_prefix(text_is_timed, time);
  }
};

std::string report_of(const Style& style, const LineWriter::Loss& loss) {
  const LogFormat format = style.format;
  const std::string text = std::to_string(loss.lines) + " log lines dropped: " +
                           (loss.reason.empty() ? "the log is slow" : loss.reason);
  const auto now = system_clock::now();
  const LogLine line{.level = LogLevel::kWarning,
                     .event = "log_lines_dropped",
                     .peer = {},
                     .text = text,
                     .fields = {{"dropped", loss.lines}}};
  return style.prefix(format, line.level, now) + format_line(format, line, now);
}

class AsyncLog final : public Log {
 public:
  AsyncLog(std::shared_ptr<Style> style, std::unique_ptr<LineWriter> writer)
      : style_(std::move(style)), writer_(std::move(writer)) {}

  bool wants(LogLevel level) const override {
    return level >= style_->level.load(std::memory_order_relaxed);
  }

  void write(const LogLine& line) override {
    if (!wants(line.level)) return;
    const auto now = system_clock::now();
    const LogFormat format = style_->format.load(std::memory_order_relaxed);
    writer_->write(style_->prefix(format, line.level, now) + format_line(format, line, now));
  }

  void restyle(LogLevel level, LogFormat format) override {
    style_->level = level;
    style_->format = format;
  }

  std::expected<void, std::string> reopen() override { return writer_->reopen(); }

  uint64_t dropped() const override { return writer_->dropped(); }

 private:
  std::shared_ptr<Style> style_;
  std::unique_ptr<LineWriter> writer_;
};

// Reports on standard error why the log file cannot be written, since the log cannot.
void report_failure(const std::string& file, const std::string& reason) {
  const std::string line = "echod: cannot write the log file " + file + ": " + reason +
                           "; lines are lost until it can be written again\n";
  std::fputs(line.c_str(), stderr);
}

}  // namespace

std::string time_prefix(bool timed, system_clock::time_point time) {
  return timed ? format_time(time) + " " : std::string();
}

bool are_timed(LogTimestamps timestamps, const LineWriter& writer) {
  if (timestamps == LogTimestamps::kAuto) return !writer.is_watched();
  return timestamps == LogTimestamps::kOn;
}

std::expected<std::unique_ptr<Log>, std::string> Log::open(const LogOptions& options) {
  LineWriter::FailureReport failure;
  if (!options.file.empty()) {
    failure = [file = options.file](const std::string& reason) { report_failure(file, reason); };
  }
  auto style = std::make_shared<Style>(options.level, options.format);
  std::expected<std::unique_ptr<LineWriter>, std::string> writer = LineWriter::open(
      {.name = "log file", .file = options.file, .queue_max = options.queue_max},
      [style](const LineWriter::Loss& loss) { return report_of(*style, loss); },
      std::move(failure));
  if (!writer) return std::unexpected(writer.error());
  style->text_is_prioritised = (*writer)->is_journal();
  style->text_is_timed = are_timed(options.timestamps, **writer);
  return std::make_unique<AsyncLog>(std::move(style), std::move(*writer));
}

}  // namespace echod
