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

  std::atomic<LogTimestamps> timestamps;

  // Of the newest destination; see LineWriter::Destination.
  std::atomic<bool> is_journal = false;
  std::atomic<bool> is_watched = false;

  // What stands before each line of text: the level as a syslog priority, and the time.
  std::string prefix(LogFormat now, LogLevel line, system_clock::time_point time) const {
    if (now != LogFormat::kText) return {};
    std::string prefix(is_journal ? priority_prefix(line) : "");
    return prefix += time_prefix(are_timed(timestamps, is_watched), time);
  }

  void set(const LogOptions& options) {
    level = options.level;
    format = options.format;
    timestamps = options.timestamps;
  }

  void set(const LineWriter::Destination& destination) {
    is_journal = destination.is_journal();
    is_watched = destination.is_watched();
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

LineWriter::Options writer_options(const LogOptions& options) {
  return {.name = "log file", .file = options.file, .queue_max = options.queue_max};
}

class AsyncLog final : public Log {
 public:
  AsyncLog(std::string file, std::shared_ptr<Style> style, std::unique_ptr<LineWriter> writer)
      : file_(std::move(file)), style_(std::move(style)), writer_(std::move(writer)) {}

  bool wants(LogLevel level) const override {
    return level >= style_->level.load(std::memory_order_relaxed);
  }

  void write(const LogLine& line) override {
    if (!wants(line.level)) return;
    const auto now = system_clock::now();
    const LogFormat format = style_->format.load(std::memory_order_relaxed);
    writer_->write(style_->prefix(format, line.level, now) + format_line(format, line, now));
  }

  // A file that stays is not opened: what else changes must not depend on that.
  std::expected<Swap, std::string> prepare(const LogOptions& options) override {
    if (options.file == file_) return [this, options] { style_->set(options); };
    auto destination = LineWriter::Destination::open(writer_options(options));
    if (!destination) return std::unexpected(destination.error());
    // The file's name is copied here, since the swap must not fail.
    return [this, options, file = options.file, destination = std::move(*destination)]() mutable {
      style_->set(options);
      style_->set(*destination);
      file_ = std::move(file);
      writer_->redirect(std::move(destination));
    };
  }

  std::expected<bool, std::string> reopen() override { return writer_->reopen(); }

  uint64_t dropped() const override { return writer_->dropped(); }

 private:
  std::string file_;
  std::shared_ptr<Style> style_;
  std::unique_ptr<LineWriter> writer_;
};

// Reports on standard error why the log file cannot be written, since the log cannot.
void report_on_standard_error(const std::string& file, const std::string& reason) {
  if (file.empty()) return;  // it is standard error that cannot be written
  const std::string line = "echod: cannot write the log file " + file + ": " + reason +
                           "; lines are lost until it can be written again\n";
  std::fputs(line.c_str(), stderr);
}

}  // namespace

std::string time_prefix(bool timed, system_clock::time_point time) {
  return timed ? format_time(time) + " " : std::string();
}

bool are_timed(LogTimestamps timestamps, bool is_watched) {
  if (timestamps == LogTimestamps::kAuto) return !is_watched;
  return timestamps == LogTimestamps::kOn;
}

std::expected<std::unique_ptr<Log>, std::string> Log::open(const LogOptions& options) {
  auto destination = LineWriter::Destination::open(writer_options(options));
  if (!destination) return std::unexpected(destination.error());
  auto style = std::make_shared<Style>();
  style->set(options);
  style->set(**destination);
  auto writer = LineWriter::start(
      writer_options(options), std::move(*destination),
      [style](const LineWriter::Loss& loss) { return report_of(*style, loss); },
      report_on_standard_error);
  if (!writer) return std::unexpected(writer.error());
  return std::make_unique<AsyncLog>(options.file, std::move(style), std::move(*writer));
}

}  // namespace echod
