#include "app/log/log.h"

#include <cstdio>

#include "app/log/line_writer.h"

namespace echod {
namespace {

using std::chrono::system_clock;

std::string report_of(LogFormat format, bool timed, const LineWriter::Loss& loss) {
  const std::string text = std::to_string(loss.lines) + " log lines dropped: " +
                           (loss.reason.empty() ? "the log is slow" : loss.reason);
  const auto now = system_clock::now();
  return time_prefix(timed, now) + format_line(format,
                                               {.level = LogLevel::kWarning,
                                                .event = "log_lines_dropped",
                                                .peer = {},
                                                .text = text,
                                                .fields = {{"dropped", loss.lines}}},
                                               now);
}

class AsyncLog final : public Log {
 public:
  AsyncLog(const LogOptions& options, bool timed, std::unique_ptr<LineWriter> writer)
      : options_(options), timed_(timed), writer_(std::move(writer)) {}

  bool wants(LogLevel level) const override { return level >= options_.level; }

  void write(const LogLine& line) override {
    if (!wants(line.level)) return;
    const auto now = system_clock::now();
    writer_->write(time_prefix(timed_, now) + format_line(options_.format, line, now));
  }

  std::expected<void, std::string> reopen() override { return writer_->reopen(); }

  uint64_t dropped() const override { return writer_->dropped(); }

 private:
  LogOptions options_;
  bool timed_;
  std::unique_ptr<LineWriter> writer_;
};

// Says on standard error why the log file cannot be written, since the log cannot.
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
  // The report comes from the writer's thread, once there are lines: then this is set.
  auto timed = std::make_shared<bool>(false);
  std::expected<std::unique_ptr<LineWriter>, std::string> writer = LineWriter::open(
      {.name = "log file", .file = options.file, .queue_max = options.queue_max},
      [format = options.format, timed](const LineWriter::Loss& loss) {
        return report_of(format, *timed, loss);
      },
      std::move(failure));
  if (!writer) return std::unexpected(writer.error());
  *timed = options.format == LogFormat::kText && are_timed(options.timestamps, **writer);
  return std::make_unique<AsyncLog>(options, *timed, std::move(*writer));
}

}  // namespace echod
