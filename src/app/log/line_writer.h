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

  // Called once when writing begins to fail, with the file (empty: a stream) and the reason, and
  // again only after it has succeeded in between; on the writer's thread.
  using FailureReport = std::function<void(const std::string& file, const std::string& reason)>;

  // Where lines can go: an open descriptor, its own.
  class Destination {
   public:
    // Opens Options::file, or the stream if it is empty. The error is a line for people.
    static std::expected<std::unique_ptr<Destination>, std::string> open(const Options& options);

    Destination(int fd, std::string file);  // owns `fd`
    Destination(const Destination&) = delete;
    Destination& operator=(const Destination&) = delete;
    ~Destination();

    int fd() const { return fd_; }
    const std::string& file() const { return file_; }  // empty: a stream

    // Whether it is the systemd journal, which adds the time to each line itself.
    bool is_journal() const { return is_journal_; }

    // Whether it is a terminal, or the journal.
    bool is_watched() const { return is_watched_; }

   private:
    const int fd_;
    const std::string file_;
    const bool is_journal_;
    const bool is_watched_;
  };

  // Starts the thread, which writes to `destination`; `options` is what that was opened with. The
  // error is a line for people.
  static std::expected<std::unique_ptr<LineWriter>, std::string> start(
      const Options& options, std::unique_ptr<Destination> destination, LossReport report,
      FailureReport failure = {});

  // From any thread: later lines go to `destination`, and those that still wait.
  virtual void redirect(std::unique_ptr<Destination> destination) = 0;

  // Reopens the file under its name, after a log rotation renamed it: later lines go there. Whether
  // there is a file; otherwise it does nothing. The error is a line for people; keeping the old
  // file then. From any thread.
  virtual std::expected<bool, std::string> reopen() = 0;

  // Writes the queued lines, for at most kFlushTimeout: a stalled reader must not delay the exit.
  virtual ~LineWriter() = default;
  static constexpr std::chrono::seconds kFlushTimeout{1};

  // Queues a line, without its line end; from any thread. It never waits for the sink.
  virtual void write(std::string line) = 0;

  // Lines lost so far to a full queue or a failing write.
  virtual uint64_t dropped() const = 0;
};

}  // namespace echod
