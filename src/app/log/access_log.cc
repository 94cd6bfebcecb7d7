#include "app/log/access_log.h"

#include <utility>

#include "app/log/request_id.h"
#include "base/check.h"
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

void report_failure(Log& log, const std::string& file, const std::string& reason) {
  const std::string text = "Cannot write the access log " + file + ": " + reason +
                           "; lines are lost until it can be written again";
  log.write({.level = LogLevel::kError,
             .event = "access_log_failed",
             .peer = {},
             .text = text,
             .fields = {{"file", file}, {"reason", reason}}});
}

}  // namespace

std::expected<std::unique_ptr<AccessLog>, std::string> AccessLog::open(
    const AccessLogOptions& options, Log& log) {
  ECHOD_CHECK(!options.file.empty());
  std::expected<std::unique_ptr<LineWriter>, std::string> writer =
      LineWriter::open({.name = "access log",
                        .file = options.to_standard_output() ? "" : options.file,
                        .stream = LineWriter::Stream::kOutput,
                        .queue_max = options.queue_max},
                       LossReporter(log), [&log, file = options.file](const std::string& reason) {
                         report_failure(log, file, reason);
                       });
  if (!writer) return std::unexpected(writer.error());
  return std::unique_ptr<AccessLog>(new AccessLog(options, std::move(*writer)));
}

AccessLog::AccessLog(const AccessLogOptions& options, std::unique_ptr<LineWriter> writer)
    : format_(options.format),
      timed_(options.format == AccessLogFormat::kText && are_timed(options.timestamps, *writer)),
      skips_(options.skips),
      environment_(options.environment),
      writer_(std::move(writer)) {}

void AccessLog::answered(const Session& session, const http::ExchangeFacts& facts) {
  if (is_skipped(skips_, facts)) return;
  TransportFacts transport;
  if (session.transport != nullptr) transport = session.transport->identity();
  const auto now = std::chrono::system_clock::now();
  std::string id;
  if (format_ == AccessLogFormat::kJson && session.worker != nullptr) {
    id = request_id(facts.request.fields, session.worker->random());
  }
  writer_->write(time_prefix(timed_, now) + format_access(format_, {.facts = facts,
                                                                    .peer = transport.remote,
                                                                    .connection = transport.number,
                                                                    .request = session.requests,
                                                                    .time = now,
                                                                    .request_id = id,
                                                                    .environment = &environment_}));
}

}  // namespace echod
