#include "engine/uring/uring_probe.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/task.h"
#include "engine/loop/socket.h"
#include "engine/uring/uring_loop.h"

namespace echod {
namespace {

constexpr std::string_view kProbe = "echod";
constexpr Duration kPatience =
    std::chrono::seconds(2);  // for operations that should complete at once
constexpr Duration kShort = std::chrono::milliseconds(2);  // for operations that should time out
constexpr BufferPool::Options kBuffers{.buffer_size = 4096, .buffer_count_max = 256};

// Fails if one of the operations that the engine uses does not work.
Task<> exchange(EventLoop& loop, Socket& left, Socket& right) {
  Chunk chunk = co_await loop.buffers().lease();
  chunk.append(kProbe);
  Operation send = Operation::send(left, std::move(chunk), loop.now() + kPatience);
  co_await loop.perform(send);
  co_await send.outcome();

  Operation receive = Operation::receive(right, loop.now() + kPatience);
  co_await loop.perform(receive);
  co_await receive.outcome();
  if (receive.chunk.text() != kProbe) co_await failed({Errc::kProtocol, During::kReceive});

  Operation nothing = Operation::receive(right, loop.now() + kShort);
  co_await loop.perform(nothing);
  bool timed_out = nothing.error && nothing.error->code == Errc::kTimeout;
  if (!timed_out) co_await failed({Errc::kTimeout, During::kReceive});
}

std::string explain(const Error& error) {
  if (error.os_error == EPERM || error.os_error == EACCES) {
    return "io_uring is forbidden here (a container's seccomp profile, or the sysctl "
           "kernel.io_uring_disabled)";
  }
  if (error.os_error == ENOSYS) {
    return "this kernel has no io_uring, or a container's seccomp profile hides it";
  }
  if (error.os_error == EINVAL) return "this kernel's io_uring is too old (6.1 or newer is needed)";
  return "io_uring cannot be set up: " + describe(error);
}

}  // namespace

std::expected<void, std::string> probe_uring() {
  Result<std::unique_ptr<EventLoop>> loop = UringLoop::create(kBuffers);
  if (!loop) return std::unexpected(explain(loop.error()));
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    return std::unexpected("no socket pair for io_uring's self-test: " +
                           describe(os_failure(errno)));
  }
  Socket left(**loop, Fd(pair[0]));
  Socket right(**loop, Fd(pair[1]));
  if (!left.attach() || !right.attach()) return std::unexpected("io_uring took no sockets");
  Task<> task = exchange(**loop, left, right);
  task.start();
  while (!task.done()) (*loop)->run_once();
  Result<void> outcome = task.result();
  if (outcome) return {};
  return std::unexpected("io_uring failed its self-test: " + describe(outcome.error()));
}

}  // namespace echod
