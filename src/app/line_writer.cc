// The asynchronous writer: spdlog's queue and thread, with a sink of our own that never blocks for
// good. The only file that sees spdlog, whose headers are slow to compile.
#include "app/line_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace echod {
namespace {

using std::chrono::steady_clock;

// Writes to a descriptor; on spdlog's writer thread, so no lock is needed.
class DescriptorSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  DescriptorSink(int fd, bool owned, LineWriter::LossReport report)
      : fd_(fd), owned_(owned), report_(std::move(report)) {}
  ~DescriptorSink() override {
    if (owned_) ::close(fd_);
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
    const std::optional<std::string> line = report_(lost - reported_, last);
    if (line && (line->empty() || write(*line + "\n"))) reported_ = lost;
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    report_losses(failed() + queue_->overrun_counter(), false);
    std::string line(message.payload.data(), message.payload.size());
    line += '\n';
    if (!write(line)) failed_.fetch_add(1, std::memory_order_relaxed);
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

  bool write(std::string_view bytes) const {
    constexpr size_t kPipeBuf = 4096;
    while (!bytes.empty()) {
      if (!wait_writable()) return false;
      ssize_t written = ::write(fd_, bytes.data(), std::min(bytes.size(), kPipeBuf));
      if (written > 0) {
        bytes.remove_prefix(static_cast<size_t>(written));
      } else if (errno != EINTR && errno != EAGAIN) {
        return false;  // a full disk, a closed pipe: the line is lost, the server goes on
      }
    }
    return true;
  }

  int fd_;
  bool owned_;
  LineWriter::LossReport report_;
  spdlog::details::thread_pool* queue_ = nullptr;
  std::atomic<int64_t> deadline_{steady_clock::time_point::max().time_since_epoch().count()};
  std::atomic<uint64_t> failed_{0};
  uint64_t reported_ = 0;
};

class AsyncLineWriter final : public LineWriter {
 public:
  AsyncLineWriter(size_t queue_max, std::shared_ptr<DescriptorSink> sink)
      : sink_(std::move(sink)),
        queue_(std::make_shared<spdlog::details::thread_pool>(queue_max, 1)),
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

  uint64_t dropped() const override { return sink_->failed() + queue_->overrun_counter(); }

 private:
  std::shared_ptr<DescriptorSink> sink_;
  std::shared_ptr<spdlog::details::thread_pool> queue_;
  std::shared_ptr<spdlog::async_logger> logger_;
};

}  // namespace

std::expected<std::unique_ptr<LineWriter>, std::string> LineWriter::open(const Options& options,
                                                                         LossReport report) {
  ECHOD_CHECK(options.queue_max > 0);
  int fd = options.stream == Stream::kOutput ? STDOUT_FILENO : STDERR_FILENO;
  bool owned = !options.file.empty();
  if (owned) {
    fd = ::open(options.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644);
    if (fd < 0) {
      return std::unexpected("cannot open the " + std::string(options.name) + " " + options.file +
                             ": " + std::strerror(errno));
    }
  }
  auto sink = std::make_shared<DescriptorSink>(fd, owned, std::move(report));
  return std::make_unique<AsyncLineWriter>(options.queue_max, std::move(sink));
}

}  // namespace echod
