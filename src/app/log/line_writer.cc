// The asynchronous writer: a bounded queue, a thread, and a sink that never blocks forever.
#include "app/log/line_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "app/log/line_queue.h"
#include "base/check.h"

namespace echod {
namespace {

using std::chrono::steady_clock;
using Destination = LineWriter::Destination;

// Writes to a descriptor, on the writer's thread.
class DescriptorSink {
 public:
  DescriptorSink(std::unique_ptr<Destination> destination, LineWriter::LossReport report,
                 LineWriter::FailureReport failure)
      : destination_(std::move(destination)),
        report_(std::move(report)),
        failure_(std::move(failure)) {}
  DescriptorSink(const DescriptorSink&) = delete;
  DescriptorSink& operator=(const DescriptorSink&) = delete;
  ~DescriptorSink() { delete next_.load(); }

  // From any thread: later lines go to `destination`.
  void replace(std::unique_ptr<Destination> destination) {
    delete next_.exchange(destination.release());
  }

  // From any thread: lines that cannot be written by `deadline` are lost.
  void close_by(steady_clock::time_point deadline) {
    deadline_.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
  }

  // Lines that could not be written so far; from any thread.
  uint64_t failed() const { return failed_.load(std::memory_order_relaxed); }

  // Writes `line`, after a report of the lines lost before it. `dropped`: lines that the queue has
  // dropped since the start.
  void write_line(std::string line, uint64_t dropped) {
    take_replacement();
    if (!failing_) report_losses(failed() + dropped, false);
    line += '\n';
    if (write(line)) {
      failing_ = false;
      return;
    }
    failed_.fetch_add(1, std::memory_order_relaxed);
    if (!std::exchange(failing_, true) && !reason_.empty() && failure_) {
      failure_(destination_->file(), reason_);
    }
  }

  // Reports the lines that are not reported yet, of all `lost` since the start. Also for the thread
  // that has joined the writer's thread.
  void report_losses(uint64_t lost, bool last) {
    if (lost == reported_) return;
    const std::optional<std::string> line =
        report_({.lines = lost - reported_, .reason = reason_, .last = last});
    if (line && (line->empty() || write(*line + "\n"))) {
      reported_ = lost;
      reason_.clear();
    }
  }

 private:
  void take_replacement() {
    std::unique_ptr<Destination> next(next_.exchange(nullptr));
    if (!next) return;
    destination_ = std::move(next);
    torn_ = false;
  }

  // Waits until the descriptor is writable. A writable pipe takes PIPE_BUF bytes without blocking,
  // so its blocking mode, which other processes may share, need not be changed.
  bool wait_writable() const {
    constexpr int kPollMs = 50;
    while (true) {
      auto deadline = steady_clock::time_point(
          steady_clock::duration(deadline_.load(std::memory_order_relaxed)));
      bool late = steady_clock::now() >= deadline;  // then a full queue must not cost a poll a line
      pollfd wait{.fd = destination_->fd(), .events = POLLOUT, .revents = 0};
      if (::poll(&wait, 1, late ? 0 : kPollMs) > 0) return true;
      if (late) return false;
    }
  }

  // Writes a line. After a failure cut a line off, it first ends that one.
  bool write(std::string_view line) {
    if (torn_ && !write_all("\n")) return false;
    torn_ = false;
    return write_all(line);
  }

  bool write_all(std::string_view bytes) {
    constexpr size_t kPipeBuf = 4096;
    while (!bytes.empty()) {
      if (!wait_writable()) return false;
      ssize_t written = ::write(destination_->fd(), bytes.data(), std::min(bytes.size(), kPipeBuf));
      if (written > 0) {
        bytes.remove_prefix(static_cast<size_t>(written));
        torn_ = !bytes.empty();
      } else if (errno != EINTR && errno != EAGAIN) {
        reason_ = std::strerror(errno);
        return false;  // a full disk, a closed pipe: the line is lost, the server goes on
      }
    }
    return true;
  }

  std::unique_ptr<Destination> destination_;
  std::atomic<Destination*> next_{nullptr};  // owned; replaces destination_
  LineWriter::LossReport report_;
  LineWriter::FailureReport failure_;
  std::string reason_;    // of the last failed write; empty once it is reported
  bool failing_ = false;  // the last line could not be written
  bool torn_ = false;     // a part of it was written
  std::atomic<int64_t> deadline_{steady_clock::time_point::max().time_since_epoch().count()};
  std::atomic<uint64_t> failed_{0};
  uint64_t reported_ = 0;
};

// Whether `fd` is the stream that systemd connected to its journal, which JOURNAL_STREAM names as
// "DEVICE:INODE" (systemd.exec(5)).
bool leads_to_journal(int fd) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status{};
  if (stream == nullptr || ::fstat(fd, &status) != 0) return false;
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == stream;
}

class AsyncLineWriter final : public LineWriter {
 public:
  AsyncLineWriter(const Options& options, std::unique_ptr<Destination> destination,
                  LossReport report, FailureReport failure)
      : name_(options.name),
        file_(destination->file()),
        sink_(std::move(destination), std::move(report), std::move(failure)),
        queue_(options.queue_max),
        thread_([this] { run(); }) {}

  ~AsyncLineWriter() override {
    sink_.close_by(steady_clock::now() + kFlushTimeout);
    queue_.close();
    thread_.join();
    sink_.report_losses(dropped(), true);
  }

  void write(std::string line) override { queue_.put(std::move(line)); }

  void redirect(std::unique_ptr<Destination> destination) override {
    const std::lock_guard lock(mutex_);
    file_ = destination->file();
    sink_.replace(std::move(destination));
  }

  std::expected<bool, std::string> reopen() override {
    const std::lock_guard lock(mutex_);
    if (file_.empty()) return false;
    auto opened = Destination::open({.name = name_, .file = file_});
    if (!opened) return std::unexpected(opened.error());
    sink_.replace(std::move(*opened));
    return true;
  }

  uint64_t dropped() const override { return sink_.failed() + queue_.dropped(); }

 private:
  void run() {
    while (std::optional<std::string> line = queue_.take()) {
      sink_.write_line(std::move(*line), queue_.dropped());
    }
  }

  const std::string name_;
  std::mutex mutex_;  // guards the next
  std::string file_;  // of the newest destination
  DescriptorSink sink_;
  LineQueue queue_;
  std::thread thread_;
};

}  // namespace

LineWriter::Destination::Destination(int fd, std::string file)
    : fd_(fd),
      file_(std::move(file)),
      is_journal_(leads_to_journal(fd)),
      is_watched_(::isatty(fd) == 1 || is_journal_) {}

LineWriter::Destination::~Destination() { ::close(fd_); }

std::expected<std::unique_ptr<Destination>, std::string> LineWriter::Destination::open(
    const Options& options) {
  const std::string& file = options.file;
  const int stream = options.stream == Stream::kOutput ? STDOUT_FILENO : STDERR_FILENO;
  const int fd =
      file.empty()
          ? ::fcntl(stream, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
          : ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644);
  if (fd >= 0) return std::make_unique<Destination>(fd, file);
  return std::unexpected("cannot open the " + std::string(options.name) +
                         (file.empty() ? "" : " ") + file + ": " + std::strerror(errno));
}

std::expected<std::unique_ptr<LineWriter>, std::string> LineWriter::start(
    const Options& options, std::unique_ptr<Destination> destination, LossReport report,
    FailureReport failure) {
  ECHOD_CHECK(options.queue_max > 0);
  try {
    return std::make_unique<AsyncLineWriter>(options, std::move(destination), std::move(report),
                                             std::move(failure));
  } catch (const std::system_error& error) {
    return std::unexpected("cannot start the thread of the " + std::string(options.name) + ": " +
                           error.what());
  }
}

}  // namespace echod
