// The access log: a line for each HTTP request, written when its response is done. It has its own
// file and writer thread (app/log/line_writer.h), so a stalled or full sink never delays a
// response: lines are dropped then, and counted, and the log says how many.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "app/log/access_log_format.h"
#include "app/log/access_log_skip.h"
#include "app/log/line_writer.h"
#include "app/log/log.h"
#include "http/observer.h"

namespace echod {

struct AccessLogOptions {
  std::string file;  // appended to; "-": standard output; empty: there is no access log
  AccessLogFormat format = AccessLogFormat::kText;
  LogTimestamps timestamps =
      LogTimestamps::kAuto;  // of text; the other formats always have the time
  size_t queue_max = 4096;   // lines waiting to be written, of at most kAccessLineSizeMax bytes
  std::vector<AccessLogSkip> skips = {};    // requests that are left out
  http::ShownEnvironment environment = {};  // in each line, except those of kCombined

  bool to_standard_output() const { return file == "-"; }
};

// Called by connections on several threads at once.
class AccessLog final : public http::Observer {
 public:
  // `options.file` is not empty. Lost lines are reported to `log`, at most once a second and at the
  // end; it must outlive the access log. The error is a line for people.
  static std::expected<std::unique_ptr<AccessLog>, std::string> open(
      const AccessLogOptions& options, Log& log);

  void answered(const Session& session, const http::ExchangeFacts& facts) override;

  // Reopens the file: see LineWriter::reopen().
  std::expected<void, std::string> reopen() { return writer_->reopen(); }

  // Lines lost so far to a full queue or a failing write.
  uint64_t dropped() const { return writer_->dropped(); }

 private:
  AccessLog(const AccessLogOptions& options, std::unique_ptr<LineWriter> writer);

  const AccessLogFormat format_;
  const bool timed_;
  const std::vector<AccessLogSkip> skips_;
  const LoggedEnvironment environment_;
  std::unique_ptr<LineWriter> writer_;
};

}  // namespace echod
