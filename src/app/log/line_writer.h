// Lines for a file or a standard stream, written by a thread of their own. A reader that stalls, a
// full disk or a pipe that is gone never holds up who writes a line: when the queue is full the
// oldest lines are dropped, and every line that does not arrive is counted and reported.
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
    std::string_view name;           // what it is called where it cannot be opened: "log file"
    std::string file;                // appended to (O_APPEND), made with mode 0644
    Stream stream = Stream::kError;  // where `file` is empty
    size_t queue_max = 4096;         // lines waiting to be written, more than 0
  };

  // What became of lines that were lost.
  struct Loss {
    uint64_t lines;
    std::string reason;  // "No space left on device"; empty: what reads them is too slow
    bool last;           // there is no later report
  };

  // Told that lines were lost since its last report, as soon as lines flow again; on the writer's
  // thread. Returns the line to write of it, empty where none is to be written, or nothing to be
  // asked again later. With `last` it is called by the thread that ends the writer.
  using LossReport = std::function<std::optional<std::string>(const Loss&)>;

  // Told once that writing fails, with the reason, until it has succeeded again; on the writer's
  // thread.
  using FailureReport = std::function<void(const std::string& reason)>;

  // Opens the file, if one is given, and starts the thread. The error is a line for people.
  static std::expected<std::unique_ptr<LineWriter>, std::string> open(const Options& options,
                                                                      LossReport report,
                                                                      FailureReport failure = {});

  // Opens the file anew under its name, as after it was renamed by a rotation: lines from now on
  // go there. Nothing happens where there is no file. The error is a line for people; the old file
  // is kept then. One thread at a time.
  virtual std::expected<void, std::string> reopen() = 0;

  // Whether people watch: the lines go to a terminal, or to the systemd journal, which keeps the
  // time of each by itself.
  virtual bool is_watched() const = 0;

  // Writes what is queued, for at most kFlushTimeout: a stalled reader must not hold up the exit.
  virtual ~LineWriter() = default;
  static constexpr std::chrono::seconds kFlushTimeout{1};

  // Queues a line, which has no line end; from any thread, without ever waiting.
  virtual void write(std::string_view line) = 0;

  // Lines lost so far to a full queue or a failing write.
  virtual uint64_t dropped() const = 0;
};

}  // namespace echod
