// The log. Lines are formatted where the event happens and written by a separate thread
// (app/log/line_writer.h), so a sink that stalls or is full never delays an echo: when the queue is
// full the oldest lines are dropped and counted, and the loss is reported in the log as soon as
// lines can be written again.
//
// A line is an event with named values. Text shows its message, logfmt and JSON its name and
// values. Control characters and malformed UTF-8 are escaped in every format, so that no input from
// a client can forge a line or control a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace echod {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError, kOff };
enum class LogFormat : uint8_t { kText, kLogfmt, kJson };

// Whether lines of text begin with the time.
enum class LogTimestamps : uint8_t {
  kAuto,  // in a file or a pipe, but not on a terminal or in the journal
  kOn,
  kOff,
};

struct LogOptions {
  LogFormat format = LogFormat::kText;
  LogTimestamps timestamps = LogTimestamps::kAuto;
  LogLevel level = LogLevel::kInfo;  // lower levels are not logged
  std::string file;                  // appended to; empty: standard error
  size_t queue_max = 4096;           // lines waiting to be written
};

// Names with texts: an object in JSON, NAME.MEMBER=... in logfmt. One without a text is null in
// JSON, and left out in logfmt.
struct LogObject {
  using Member = std::pair<std::string_view, std::optional<std::string_view>>;
  std::span<const Member> members;
};

using LogValue = std::variant<std::string_view, uint64_t, double, LogObject>;
using LogField = std::pair<std::string_view, LogValue>;

// One event. `text` is the message for people, which text format puts after "[peer] ".
struct LogLine {
  LogLevel level = LogLevel::kInfo;
  std::string_view event;  // a stable name: "connection_closed"
  std::string_view peer;   // empty: the line is not about a connection
  std::string_view text;
  std::initializer_list<LogField> fields;
};

// The line as it is written, without its newline. `time` is in logfmt and JSON only.
std::string format_line(LogFormat format, const LogLine& line,
                        std::chrono::system_clock::time_point time);

// RFC 3339 in UTC with milliseconds: "2009-02-13T23:31:30.042Z".
std::string format_time(std::chrono::system_clock::time_point time);

// The same with a space behind it where text lines are `timed`; else empty.
std::string time_prefix(bool timed, std::chrono::system_clock::time_point time);

// Whether text lines for a destination begin with the time. `is_watched`: see
// LineWriter::Destination.
bool are_timed(LogTimestamps timestamps, bool is_watched);

// The second half of a change that cannot fail: makes it.
using Swap = std::move_only_function<void()>;

// "<6>": the level as a syslog priority, with which a text line for the systemd journal begins. The
// journal removes it, and stores and colours the line by it (sd-daemon(3)).
std::string_view priority_prefix(LogLevel level);

// Appends `text` with control characters (C0, DEL, C1), backslashes and bytes that are not UTF-8
// written as \n, \t, \\ and \xNN.
void append_escaped(std::string& out, std::string_view text);

class Log {
 public:
  // Opens the file, if one is given, and starts the writer. The error is a line for people.
  static std::expected<std::unique_ptr<Log>, std::string> open(const LogOptions& options);

  // Writes what is queued, for at most LineWriter::kFlushTimeout.
  virtual ~Log() = default;

  // Whether a line of `level` would be written: check before formatting an expensive one.
  virtual bool wants(LogLevel level) const = 0;

  // Queues a line; from any thread. It never waits for the sink.
  virtual void write(const LogLine& line) = 0;

  // Later lines are as `options` say, except for the size of the queue. Does what may fail, such as
  // to open another file, so that a change of several things can be validated before any is made.
  // From any thread, one at a time. The error is a line for people.
  virtual std::expected<Swap, std::string> prepare(const LogOptions& /*options*/) {
    return [] {};
  }

  // Reopens the file: see LineWriter::reopen().
  virtual std::expected<bool, std::string> reopen() { return false; }

  // Lines lost so far to a full queue or a failing sink.
  virtual uint64_t dropped() const = 0;
};

}  // namespace echod
