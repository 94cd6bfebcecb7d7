#include "app/log/log.h"

#include <cstdio>

#include "app/log/line_writer.h"

namespace echod {
namespace {

using std::chrono::system_clock;

// What stands before each line, decided when the log is opened: for text alone.
struct Beginning {
  bool prioritised = false;  // with the level as a syslog priority
  bool timed = false;

  std::string of(LogLevel level, system_clock::time_point time) const {
    std::string begin(prioritised ? priority_prefix(level) : "");
    return begin += time_prefix(timed, time);
  }
};

std::string report_of(LogFormat format, const Beginning& beginning, const LineWriter::Loss& loss) {
  const std::string text = std::to_string(loss.lines) + " log lines dropped: " +
                           (loss.reason.empty() ? "the log is slow" : loss.reason);
  const auto now = system_clock::now();
  const LogLine line{.level = LogLevel::kWarning,
                     .event = "log_lines_dropped",
                     .peer = {},
                     .text = text,
                     .fields = {{"dropped", loss.lines}}};
  return beginning.of(line.level, now) + format_line(format, line, now);
}

class AsyncLog final : public Log {
 public:
  AsyncLog(const LogOptions& options, const Beginning& beginning,
           std::unique_ptr<LineWriter> writer)
      : options_(options), beginning_(beginning), writer_(std::move(writer)) {}

  bool wants(LogLevel level) const override { return level >= options_.level; }

  void write(const LogLine& line) override {
    if (!wants(line.level)) return;
    const auto now = system_clock::now();
    writer_->write(beginning_.of(line.level, now) + format_line(options_.format, line, now));
  }

  std::expected<void, std::string> reopen() override { return writer_->reopen(); }

  uint64_t dropped() const override { return writer_->dropped(); }

 private:
  LogOptions options_;
  Beginning beginning_;
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
  // Read by the report on the writer's thread, which comes only once there are lines.
  auto beginning = std::make_shared<Beginning>();
  std::expected<std::unique_ptr<LineWriter>, std::string> writer = LineWriter::open(
      {.name = "log file", .file = options.file, .queue_max = options.queue_max},
      [format = options.format, beginning](const LineWriter::Loss& loss) {
        return report_of(format, *beginning, loss);
      },
      std::move(failure));
  if (!writer) return std::unexpected(writer.error());
  if (options.format == LogFormat::kText) {
    *beginning = {.prioritised = (*writer)->is_journal(),
                  .timed = are_timed(options.timestamps, **writer)};
  }
  return std::make_unique<AsyncLog>(options, *beginning, std::move(*writer));
}

}  // namespace echod
