// Writes lines to a file or a standard stream on a separate thread. A stalled reader, a full disk
// or a closed pipe never blocks the caller: when the queue is full the oldest lines are dropped,
// and every line that is lost is counted and reported.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace echod {

class LineWriter {
 public:
  enum class Stream : uint8_t { kOutput, kError };

  struct Options {
    std::string_view name;           // for error messages: "log file"
    std::string file;                // appended to (O_APPEND), created with mode 0644
    Stream stream = Stream::kError;  // where `file` is empty
    size_t queue_max = 4096;         // lines waiting to be written, more than 0
  };

  // Lines that were lost, and why.
  struct Loss {
    uint64_t lines;
    std::string reason;  // "No space left on device"; empty: the reader is too slow
    bool last;           // there is no later report
  };

  // Called with the lines lost since its last report, as soon as lines can be written again; on the
  // writer's thread. Returns the line to write about it, an empty line to write none, or nothing to
  // be called again later. With `last` it is called by the thread that destroys the writer.
  using LossReport = std::function<std::optional<std::string>(const Loss&)>;

  // Called once when writing begins to fail, with the reason, and again only after it has succeeded
  // in between; on the writer's thread.
  using FailureReport = std::function<void(const std::string& reason)>;

  // Opens the file, if one is given, and starts the thread. The error is a line for people.
  static std::expected<std::unique_ptr<LineWriter>, std::string> open(const Options& options,
                                                                      LossReport report,
                                                                      FailureReport failure = {});

  // Reopens the file under its name, after a log rotation renamed it: later lines go there. Does
  // nothing where there is no file. The error is a line for people; keeping the old file then. One
  // thread at a time.
  virtual std::expected<void, std::string> reopen() = 0;

  // Whether the lines go to the systemd journal, which adds the time to each line itself.
  virtual bool is_journal() const = 0;

  // Whether the lines go to a terminal, or to the journal.
  virtual bool is_watched() const = 0;

  // Writes the queued lines, for at most kFlushTimeout: a stalled reader must not delay the exit.
  virtual ~LineWriter() = default;
  static constexpr std::chrono::seconds kFlushTimeout{1};

  // Queues a line, without its line end; from any thread. It never waits for the sink.
  virtual void write(std::string line) = 0;

  // Lines lost so far to a full queue or a failing write.
  virtual uint64_t dropped() const = 0;
};

}  // namespace echod
