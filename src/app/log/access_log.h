// The access log: a line for each HTTP request, written when its response is done. It has its own
// file and writer thread (app/log/line_writer.h), so a stalled or full sink never delays a
// response: lines are dropped then, and counted, and the log says how many.
#pragma once

#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
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
  // Off if `options.file` is empty. Lost lines are reported to `log`, at most once a second and at
  // the end; it must outlive the access log. The error is a line for people.
  static std::expected<std::unique_ptr<AccessLog>, std::string> open(
      const AccessLogOptions& options, Log& log);

  // Later lines are as `options` say, also those of open connections; but a connection that began
  // while there was no access log may never have had this observer, and then has no lines to its
  // end. Turning it off leaves the old file open. From any thread, one at a time; otherwise as
  // Log::prepare().
  std::expected<Swap, std::string> prepare(const AccessLogOptions& options);

  void answered(const Session& session, const http::ExchangeFacts& facts) override;

  // Reopens the file: see LineWriter::reopen().
  std::expected<bool, std::string> reopen();

  // Lines lost so far to a full queue or a failing write. Nothing: it was never on.
  std::optional<uint64_t> dropped() const;

 private:
  // What lines there are, and how they look. Immutable.
  struct Style {
    Style(const AccessLogOptions& options, bool is_watched);

    const bool is_on;
    const AccessLogFormat format;
    const bool timed;
    const std::vector<AccessLogSkip> skips;
    const LoggedEnvironment environment;
  };

  explicit AccessLog(Log& log) : log_(log) {}

  // What to write with, and how; both null before it was ever on. Each request takes the lock, as
  // it takes that of the writer's queue.
  std::pair<LineWriter*, std::shared_ptr<const Style>> current() const;

  Log& log_;
  // Of prepare() alone: where lines go, as in the options, and about it.
  std::string file_;
  bool is_watched_ = false;

  mutable std::mutex mutex_;  // guards the next two
  std::shared_ptr<const Style> style_;
  std::unique_ptr<LineWriter> writer_;  // stays when it was created
};

}  // namespace echod
