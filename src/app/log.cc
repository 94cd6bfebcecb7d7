#include "app/log.h"

#include "app/line_writer.h"

namespace echod {
namespace {

using std::chrono::system_clock;

std::string report_of(LogFormat format, uint64_t lost) {
  const std::string text = std::to_string(lost) + " log lines dropped: the log is slow";
  return format_line(format,
                     {.level = LogLevel::kWarning,
                      .event = "log_lines_dropped",
                      .peer = {},
                      .text = text,
                      .fields = {{"dropped", lost}}},
                     system_clock::now());
}

class AsyncLog final : public Log {
 public:
  AsyncLog(const LogOptions& options, std::unique_ptr<LineWriter> writer)
      : options_(options), writer_(std::move(writer)) {}

  bool wants(LogLevel level) const override { return level >= options_.level; }

  void write(const LogLine& line) override {
    if (!wants(line.level)) return;
    writer_->write(format_line(options_.format, line, system_clock::now()));
  }

  uint64_t dropped() const override { return writer_->dropped(); }

 private:
  LogOptions options_;
  std::unique_ptr<LineWriter> writer_;
};

}  // namespace

std::expected<std::unique_ptr<Log>, std::string> Log::open(const LogOptions& options) {
  std::expected<std::unique_ptr<LineWriter>, std::string> writer = LineWriter::open(
      {.name = "log file", .file = options.file, .queue_max = options.queue_max},
      [format = options.format](uint64_t lost, bool) { return report_of(format, lost); });
  if (!writer) return std::unexpected(writer.error());
  return std::make_unique<AsyncLog>(options, std::move(*writer));
}

}  // namespace echod
