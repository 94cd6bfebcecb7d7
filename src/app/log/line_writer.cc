// The asynchronous writer: spdlog's queue and thread, with a sink of our own that never blocks for
// good. The only file that sees spdlog, whose headers are slow to compile.
#include "app/log/line_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace echod {
namespace {

using std::chrono::steady_clock;

// Writes to a descriptor; on spdlog's writer thread, so no lock is needed.
class DescriptorSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  DescriptorSink(int fd, bool owned, LineWriter::LossReport report,
                 LineWriter::FailureReport failure)
      : fd_(fd), owned_(owned), report_(std::move(report)), failure_(std::move(failure)) {}
  ~DescriptorSink() override {
    if (owned_) ::close(fd_);
    if (const int fd = next_fd_.load(); fd >= 0) ::close(fd);
  }

  // Lines from the next one on go to `fd`, which is owned.
  void replace(int fd) {
    const int unused = next_fd_.exchange(fd);
    if (unused >= 0) ::close(unused);
  }

  // Where the queue counts what it overwrites; set before the first line. Not owned: the queue ends
  // its writer, which calls this, before it goes, and must not be ended by the writer itself.
  void watch(spdlog::details::thread_pool& queue) { queue_ = &queue; }

  // From now on gives up on lines that cannot be written by `deadline`.
  void close_by(steady_clock::time_point deadline) {
    deadline_.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
  }

  uint64_t failed() const { return failed_.load(std::memory_order_relaxed); }

  // Of `lost` lines since the start, those not reported yet. Once the writer has ended, its
  // caller's.
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
  void sink_it_(const spdlog::details::log_msg& message) override {
    take_replacement();
    if (!failing_) report_losses(failed() + queue_->overrun_counter(), false);
    std::string line(message.payload.data(), message.payload.size());
    line += '\n';
    if (write(line)) {
      failing_ = false;
      return;
    }
    failed_.fetch_add(1, std::memory_order_relaxed);
    if (!std::exchange(failing_, true) && !reason_.empty() && failure_) failure_(reason_);
  }

  void take_replacement() {
    const int fd = next_fd_.exchange(-1);
    if (fd < 0) return;
    if (owned_) ::close(fd_);
    fd_ = fd;
    owned_ = true;
    torn_ = false;
  }

  void flush_() override {}

  // Waits until the descriptor takes more. A pipe that poll() calls writable takes PIPE_BUF bytes
  // without blocking, whoever else has it open, so its blocking mode need not be touched.
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

  // Writes a line, behind the end of one that was cut by a failure. A line that fails stays
  // unwritten as a whole where the system wrote nothing of it.
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
  std::string reason_;    // why the last write that failed did; empty once it is reported
  bool failing_ = false;  // so did the last line
  bool torn_ = false;     // and a part of it is written
  spdlog::details::thread_pool* queue_ = nullptr;
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

// Whether `fd` is the stream that systemd connects to its journal: it says which in JOURNAL_STREAM,
// as "DEVICE:INODE" (systemd.exec(5)).
bool is_journal(int fd) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status{};
  if (stream == nullptr || ::fstat(fd, &status) != 0) return false;
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == stream;
}

class AsyncLineWriter final : public LineWriter {
 public:
  AsyncLineWriter(const Options& options, int fd, std::shared_ptr<DescriptorSink> sink)
      : name_(options.name),
        file_(options.file),
        is_watched_(::isatty(fd) == 1 || is_journal(fd)),
        sink_(std::move(sink)),
        queue_(std::make_shared<spdlog::details::thread_pool>(options.queue_max, 1)),
        logger_(std::make_shared<spdlog::async_logger>(
            "echod", sink_, queue_, spdlog::async_overflow_policy::overrun_oldest)) {
    sink_->watch(*queue_);
    logger_->set_level(spdlog::level::trace);
  }

  ~AsyncLineWriter() override {
    sink_->close_by(steady_clock::now() + kFlushTimeout);
    const uint64_t overwritten = queue_->overrun_counter();
    queue_.reset();  // waits for the writer; before the logger, which it uses up to its end
    sink_->report_losses(sink_->failed() + overwritten, true);
  }

  void write(std::string_view line) override {
    logger_->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  }

  std::expected<void, std::string> reopen() override {
    if (file_.empty()) return {};
    const auto fd = open_file(name_, file_);
    if (!fd) return std::unexpected(fd.error());
    sink_->replace(*fd);
    return {};
  }

  bool is_watched() const override { return is_watched_; }

  uint64_t dropped() const override { return sink_->failed() + queue_->overrun_counter(); }

 private:
  const std::string name_;
  const std::string file_;
  const bool is_watched_;
  std::shared_ptr<DescriptorSink> sink_;
  std::shared_ptr<spdlog::details::thread_pool> queue_;
  std::shared_ptr<spdlog::async_logger> logger_;
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
  auto sink = std::make_shared<DescriptorSink>(fd, owned, std::move(report), std::move(failure));
  return std::make_unique<AsyncLineWriter>(options, fd, std::move(sink));
}

}  // namespace echod
