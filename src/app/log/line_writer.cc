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
#include <system_error>
#include <thread>
#include <utility>

#include "app/log/line_queue.h"
#include "base/check.h"

namespace echod {
namespace {

using std::chrono::steady_clock;

// Writes to a descriptor, on the writer's thread.
class DescriptorSink {
 public:
  DescriptorSink(int fd, bool owned, LineWriter::LossReport report,
                 LineWriter::FailureReport failure)
      : fd_(fd), owned_(owned), report_(std::move(report)), failure_(std::move(failure)) {}
  DescriptorSink(const DescriptorSink&) = delete;
  DescriptorSink& operator=(const DescriptorSink&) = delete;
  ~DescriptorSink() {
    if (owned_) ::close(fd_);
    if (const int fd = next_fd_.load(); fd >= 0) ::close(fd);
  }

  // From any thread: later lines go to `fd`, which it owns from now on.
  void replace(int fd) {
    const int unused = next_fd_.exchange(fd);
    if (unused >= 0) ::close(unused);
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
    if (!std::exchange(failing_, true) && !reason_.empty() && failure_) failure_(reason_);
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
    const int fd = next_fd_.exchange(-1);
    if (fd < 0) return;
    if (owned_) ::close(fd_);
    fd_ = fd;
    owned_ = true;
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
      pollfd wait{.fd = fd_, .events = POLLOUT, .revents = 0};
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
      ssize_t written = ::write(fd_, bytes.data(), std::min(bytes.size(), kPipeBuf));
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

  int fd_;
  bool owned_;
  std::atomic<int> next_fd_{-1};  // replaces fd_
  LineWriter::LossReport report_;
  LineWriter::FailureReport failure_;
  std::string reason_;    // of the last failed write; empty once it is reported
  bool failing_ = false;  // the last line could not be written
  bool torn_ = false;     // a part of it was written
  std::atomic<int64_t> deadline_{steady_clock::time_point::max().time_since_epoch().count()};
  std::atomic<uint64_t> failed_{0};
  uint64_t reported_ = 0;
};

std::expected<int, std::string> open_file(std::string_view name, const std::string& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644);
  if (fd >= 0) return fd;
  return std::unexpected("cannot open the " + std::string(name) + " " + file + ": " +
                         std::strerror(errno));
}

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
  AsyncLineWriter(const Options& options, int fd, bool owned, LossReport report,
                  FailureReport failure)
      : name_(options.name),
        file_(options.file),
        is_journal_(leads_to_journal(fd)),
        is_watched_(::isatty(fd) == 1 || is_journal_),
        sink_(fd, owned, std::move(report), std::move(failure)),
        queue_(options.queue_max),
        thread_([this] { run(); }) {}

  ~AsyncLineWriter() override {
    sink_.close_by(steady_clock::now() + kFlushTimeout);
    queue_.close();
    thread_.join();
    sink_.report_losses(dropped(), true);
  }

  void write(std::string line) override { queue_.put(std::move(line)); }

  std::expected<void, std::string> reopen() override {
    if (file_.empty()) return {};
    const auto fd = open_file(name_, file_);
    if (!fd) return std::unexpected(fd.error());
    sink_.replace(*fd);
    return {};
  }

  bool is_journal() const override { return is_journal_; }

  bool is_watched() const override { return is_watched_; }

  uint64_t dropped() const override { return sink_.failed() + queue_.dropped(); }

 private:
  void run() {
    while (std::optional<std::string> line = queue_.take()) {
      sink_.write_line(std::move(*line), queue_.dropped());
    }
  }

  const std::string name_;
  const std::string file_;
  const bool is_journal_;
  const bool is_watched_;
  DescriptorSink sink_;
  LineQueue queue_;
  std::thread thread_;
};

}  // namespace

std::expected<std::unique_ptr<LineWriter>, std::string> LineWriter::open(const Options& options,
                                                                         LossReport report,
                                                                         FailureReport failure) {
  ECHOD_CHECK(options.queue_max > 0);
  int fd = options.stream == Stream::kOutput ? STDOUT_FILENO : STDERR_FILENO;
  const bool owned = !options.file.empty();
  if (owned) {
    const auto opened = open_file(options.name, options.file);
    if (!opened) return std::unexpected(opened.error());
    fd = *opened;
  }
  try {
    return std::make_unique<AsyncLineWriter>(options, fd, owned, std::move(report),
                                             std::move(failure));
  } catch (const std::system_error& error) {
    return std::unexpected("cannot start the thread of the " + std::string(options.name) + ": " +
                           error.what());
  }
}

}  // namespace echod
