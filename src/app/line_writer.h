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

  // Told that lines were lost since its last report, as soon as lines flow again; on the writer's
  // thread. Returns the line to write of it, empty where none is to be written, or nothing to be
  // asked again later. `last`: there is no later; called by the thread that ends the writer.
  using LossReport = std::function<std::optional<std::string>(uint64_t lost, bool last)>;

  // Opens the file, if one is given, and starts the thread. The error is a line for people.
  static std::expected<std::unique_ptr<LineWriter>, std::string> open(const Options& options,
                                                                      LossReport report);

  // Writes what is queued, for at most kFlushTimeout: a stalled reader must not hold up the exit.
  virtual ~LineWriter() = default;
  static constexpr std::chrono::seconds kFlushTimeout{1};

  // Queues a line, which has no line end; from any thread, without ever waiting.
  virtual void write(std::string_view line) = 0;

  // Lines lost so far to a full queue or a failing write.
  virtual uint64_t dropped() const = 0;
};

}  // namespace echod
