#include "app/log/access_log.h"

#include <utility>

#include "app/log/request_id.h"
#include "stream/session.h"

namespace echod {
namespace {

constexpr Duration kReportInterval = std::chrono::seconds(1);

// Reports in the log that lines of the access log were lost. Not in the access log itself: programs
// that read it know only its own format.
class LossReporter {
 public:
  explicit LossReporter(Log& log) : log_(&log) {}

  std::optional<std::string> operator()(const LineWriter::Loss& loss) {
    const Time now = MonotonicClock().now();
    if (now < next_ && !loss.last) return std::nullopt;
    next_ = now + kReportInterval;
    const std::string text = std::to_string(loss.lines) + " access log lines dropped: " +
                             (loss.reason.empty() ? "the access log is slow" : loss.reason);
    log_->write({.level = LogLevel::kWarning,
                 .event = "access_log_lines_dropped",
                 .peer = {},
                 .text = text,
                 .fields = {{"dropped", loss.lines}}});
    return "";
  }

 private:
  Log* log_;
  Time next_ = Time::min();
};

void report_failure(Log& log, std::string file, const std::string& reason) {
  if (file.empty()) file = "-";
  const std::string text = "Cannot write the access log " + file + ": " + reason +
                           "; lines are lost until it can be written again";
  log.write({.level = LogLevel::kError,
             .event = "access_log_failed",
             .peer = {},
             .text = text,
             .fields = {{"file", file}, {"reason", reason}}});
}

LineWriter::Options writer_options(const AccessLogOptions& options) {
  return {.name = "access log",
          .file = options.to_standard_output() ? "" : options.file,
          .stream = LineWriter::Stream::kOutput,
          .queue_max = options.queue_max};
}

}  // namespace

AccessLog::Style::Style(const AccessLogOptions& options, bool is_watched)
    : is_on(!options.file.empty()),
      format(options.format),
      timed(format == AccessLogFormat::kText && are_timed(options.timestamps, is_watched)),
      skips(options.skips),
      environment(options.environment) {}

std::expected<std::unique_ptr<AccessLog>, std::string> AccessLog::open(
    const AccessLogOptions& options, Log& log) {
  std::unique_ptr<AccessLog> access_log(new AccessLog(log));
  std::expected<Swap, std::string> swap = access_log->prepare(options);
  if (!swap) return std::unexpected(swap.error());
  (*swap)();
  return access_log;
}

// A file that stays is not opened: what else changes must not depend on that.
std::expected<Swap, std::string> AccessLog::prepare(const AccessLogOptions& options) {
  if (options.file.empty() || options.file == file_) {
    return [this, file = options.file,
            style = std::make_shared<const Style>(options, is_watched_)]() mutable {
      file_ = std::move(file);
      const std::lock_guard lock(mutex_);
      style_.swap(style);
    };
  }
  auto destination = LineWriter::Destination::open(writer_options(options));
  if (!destination) return std::unexpected(destination.error());
  const bool is_watched = (*destination)->is_watched();
  std::unique_ptr<LineWriter> writer;
  if (!writer_) {
    auto started =
        LineWriter::start(writer_options(options), std::move(*destination), LossReporter(log_),
                          [&log = log_](const std::string& file, const std::string& reason) {
                            report_failure(log, file, reason);
                          });
    if (!started) return std::unexpected(started.error());
    writer = std::move(*started);
  }
  return [this, is_watched, file = options.file, writer = std::move(writer),
          destination = std::move(*destination),
          style = std::make_shared<const Style>(options, is_watched)]() mutable {
    file_ = std::move(file);
    is_watched_ = is_watched;
    const std::lock_guard lock(mutex_);
    style_.swap(style);
    if (writer) {
      writer_ = std::move(writer);
    } else {
      writer_->redirect(std::move(destination));
    }
  };
}

std::expected<bool, std::string> AccessLog::reopen() {
  const auto [writer, style] = current();
  if (writer == nullptr || !style->is_on) return false;
  return writer->reopen();
}

std::optional<uint64_t> AccessLog::dropped() const {
  const auto [writer, style] = current();
  if (writer == nullptr) return std::nullopt;
  return writer->dropped();
}

std::pair<LineWriter*, std::shared_ptr<const AccessLog::Style>> AccessLog::current() const {
  const std::lock_guard lock(mutex_);
  return {writer_.get(), style_};
}

void AccessLog::answered(const Session& session, const http::ExchangeFacts& facts) {
  const auto [writer, style] = current();
  if (writer == nullptr || !style->is_on || is_skipped(style->skips, facts)) return;
  TransportFacts transport;
  if (session.transport != nullptr) transport = session.transport->identity();
  const auto now = std::chrono::system_clock::now();
  std::string id;
  if (style->format == AccessLogFormat::kJson && session.worker != nullptr) {
    id = request_id(facts.request.fields, session.worker->random());
  }
  writer->write(time_prefix(style->timed, now) +
                format_access(style->format, {.facts = facts,
                                              .peer = transport.remote,
                                              .connection = transport.number,
                                              .request = session.requests,
                                              .time = now,
                                              .request_id = id,
                                              .environment = &style->environment}));
}

}  // namespace echod
