#include "net/socket_options.h"

#include <fcntl.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>

#include "net/kernel.h"

namespace echod {
namespace {

bool set_option(int socket, int level, int name, int value) {
  return kernel().setsockopt(socket, level, name, &value, sizeof(value)) == 0;
}

// The options that connections inherit.
bool set_connection_options(int socket, const SocketOptions& options) {
  bool ok = set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1) &&
            set_option(socket, SOL_SOCKET, SO_OOBINLINE, 1) &&
            set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  if (options.unsent_size_max > 0) {
    ok = ok && set_option(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT,
                          static_cast<int>(options.unsent_size_max));
  }
  if (options.buffer_size > 0) {
    // The kernel doubles the given value, to account for its own bookkeeping: socket(7).
    int half = static_cast<int>(options.buffer_size / 2);
    ok = ok && set_option(socket, SOL_SOCKET, SO_RCVBUF, half) &&
         set_option(socket, SOL_SOCKET, SO_SNDBUF, half);
  }
  return ok;
}

bool set_options(int socket, const Endpoint& address, const SocketOptions& options, bool first) {
  bool ok =
      set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1) && set_connection_options(socket, options);
  if (address.is_ipv6()) ok = ok && set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (options.shared_port && !first) ok = ok && set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1);
  return ok;
}

}  // namespace

Result<Fd> listen_on(const Endpoint& address, const SocketOptions& options, bool first) {
  auto failed = [] { return std::unexpected(os_failure(errno)); };
  int blocking = options.blocking ? 0 : SOCK_NONBLOCK;
  Fd socket(kernel().socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | blocking, 0));
  if (!socket.valid()) return failed();
  if (!set_options(socket.get(), address, options, first)) return failed();
  if (kernel().bind(socket.get(), address.get(), address.size()) != 0) return failed();
  // The first socket of a shared port binds it exclusively, so that a port in use by another
  // process is an error. Only then is the port opened to its siblings.
  if (options.shared_port && first && !set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1)) {
    return failed();
  }
  if (kernel().listen(socket.get(), kListenBacklog) != 0) return failed();
  return socket;
}

Result<void> prepare_inherited(int socket, const SocketOptions& options) {
  const auto failed = [](int error) { return std::unexpected(os_failure(error)); };
  const auto option = [socket](int name) {
    int value = -1;
    socklen_t size = sizeof(value);
    return kernel().getsockopt(socket, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
  };
  const int family = option(SO_DOMAIN);
  const bool is_tcp = (family == AF_INET || family == AF_INET6) && option(SO_TYPE) == SOCK_STREAM;
  if (!is_tcp || option(SO_ACCEPTCONN) != 1) return failed(EINVAL);
  const int flags = kernel().fcntl(socket, F_GETFL, 0);
  if (flags < 0) return failed(errno);
  const int wanted = options.blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
  if (kernel().fcntl(socket, F_SETFL, wanted) < 0) return failed(errno);
  if (!set_connection_options(socket, options)) return failed(errno);
  return {};
}

Result<Fd> duplicate(int socket) {
  Fd copy(kernel().fcntl(socket, F_DUPFD_CLOEXEC, 3));
  if (!copy.valid()) return std::unexpected(os_failure(errno));
  return copy;
}

Result<Fd> client_socket(int family, const ClientOptions& options) {
  int blocking = options.blocking ? 0 : SOCK_NONBLOCK;
  Fd socket(kernel().socket(family, SOCK_STREAM | SOCK_CLOEXEC | blocking, 0));
  if (!socket.valid()) return std::unexpected(os_failure(errno));
  bool ok = set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  if (options.source.known()) {
    ok = ok && set_option(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1) &&
         kernel().bind(socket.get(), options.source.get(), options.source.size()) == 0;
  }
  if (!ok) return std::unexpected(os_failure(errno));
  return socket;
}

void reset_on_close(int socket) noexcept {
  kernel().setsockopt(socket, SOL_SOCKET, SO_LINGER, &kResetLinger, sizeof(kResetLinger));
}

void shut_down_both(int socket) noexcept { kernel().shutdown(socket, SHUT_RDWR); }

void hold_receive_buffer(int socket, bool hold) noexcept {
  set_option(socket, SOL_SOCKET, SO_BUF_LOCK, hold ? kReceiveBufferHeld : kReceiveBufferFree);
}

bool relieve_receive_buffer(int socket) noexcept {
  int lock = 0;
  socklen_t size = sizeof(lock);
  if (kernel().getsockopt(socket, SOL_SOCKET, SO_BUF_LOCK, &lock, &size) != 0) return false;
  if ((lock & kReceiveBufferHeld) == 0) return false;  // the kernel lets it grow
  uint32_t memory[SK_MEMINFO_VARS] = {};
  size = sizeof(memory);
  if (kernel().getsockopt(socket, SOL_SOCKET, SO_MEMINFO, memory, &size) != 0) return false;
  const uint32_t held = memory[SK_MEMINFO_RCVBUF];
  const bool full = memory[SK_MEMINFO_RMEM_ALLOC] > held / 2;  // the rest is reserved for overhead
  if (!full || memory[SK_MEMINFO_DROPS] == 0) return false;
  const int wanted = static_cast<int>((held + kReliefSize) / 2);  // the kernel doubles it
  return set_option(socket, SOL_SOCKET, SO_RCVBUF, wanted);
}

size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit raised{.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return limit.rlim_cur;
}

}  // namespace echod
