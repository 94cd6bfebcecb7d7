#include "app/access_log.h"

#include <utility>

#include "base/check.h"
#include "stream/session.h"

namespace echod {
namespace {

constexpr Duration kReportInterval = std::chrono::seconds(1);

// Says in the log that lines of the access log were lost. Not in the access log itself, whose
// readers know no line but those of its format.
class LossReporter {
 public:
  explicit LossReporter(Log& log) : log_(&log) {}

  std::optional<std::string> operator()(uint64_t lost, bool last) {
    const Time now = MonotonicClock().now();
    if (now < next_ && !last) return std::nullopt;
    next_ = now + kReportInterval;
    const std::string text =
        std::to_string(lost) + " access log lines dropped: the access log is slow";
    log_->write({.level = LogLevel::kWarning,
                 .event = "access_log_lines_dropped",
                 .peer = {},
                 .text = text,
                 .fields = {{"dropped", lost}}});
    return "";
  }

 private:
  Log* log_;
  Time next_ = Time::min();
};

}  // namespace

std::expected<std::unique_ptr<AccessLog>, std::string> AccessLog::open(
    const AccessLogOptions& options, Log& log) {
  ECHOD_CHECK(!options.file.empty());
  std::expected<std::unique_ptr<LineWriter>, std::string> writer =
      LineWriter::open({.name = "access log",
                        .file = options.to_standard_output() ? "" : options.file,
                        .stream = LineWriter::Stream::kOutput,
                        .queue_max = options.queue_max},
                       LossReporter(log));
  if (!writer) return std::unexpected(writer.error());
  return std::unique_ptr<AccessLog>(new AccessLog(options.format, std::move(*writer)));
}

void AccessLog::answered(const Session& session, const HttpExchangeFacts& facts) {
  TransportFacts transport;
  if (session.transport != nullptr) transport = session.transport->identity();
  writer_->write(format_access(format_, {.facts = facts,
                                         .peer = transport.remote,
                                         .connection = transport.number,
                                         .request = session.requests,
                                         .time = std::chrono::system_clock::now()}));
}

}  // namespace echod
