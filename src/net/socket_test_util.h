// What tests of sockets share: plain blocking sockets for the far end of a connection, used through
// the classic calls, so that the tests' peer shares no code with what they test. Every wait of
// theirs ends by kPatience.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>

#include "base/check.h"
#include "net/endpoint.h"
#include "net/fd.h"
#include "net/socket_options.h"

namespace echod {

// For what should happen at once, on a machine however busy.
inline constexpr std::chrono::seconds kPatience(30);

inline Endpoint ipv4_endpoint(uint32_t address, uint16_t port) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(address);
  in.sin_port = htons(port);
  return Endpoint::from_sockaddr(reinterpret_cast<sockaddr*>(&in), sizeof(in));
}

// A loopback address of this process alone: a client of one test process must not reach, over a
// port that was just given back, the listener of another.
inline Endpoint loopback(uint16_t port = 0) {
  uint32_t process = static_cast<uint32_t>(::getpid()) & 0x3FFFFF;
  return ipv4_endpoint(uint32_t{IN_LOOPBACKNET} << 24 | process << 2 | 1, port);
}

inline void limit_waits(const Fd& socket) {
  timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
  ECHOD_CHECK(::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ==
              0);
  ECHOD_CHECK(::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) ==
              0);
}

// `near` is for the code under test, `far` for the test.
struct SocketPair {
  Fd near;
  Fd far;
};

inline SocketPair unix_pair() {
  std::array<int, 2> pair{};
  ECHOD_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
  SocketPair sockets{Fd(pair[0]), Fd(pair[1])};
  limit_waits(sockets.far);
  return sockets;
}

// A listening socket on a free loopback port, and where it is.
struct TestListener {
  Fd socket;
  Endpoint endpoint;
};

inline TestListener listen_on_loopback(const SocketOptions& options) {
  Result<Fd> socket = listen_on(loopback(), options);
  ECHOD_CHECK(socket);
  Endpoint endpoint = Endpoint::local_of(socket->get());
  return {std::move(*socket), endpoint};
}

// A client's socket. `receive_buffer`: bytes of its kernel buffer, 0 for the default.
inline Fd connect_to(const Endpoint& endpoint, int receive_buffer = 0) {
  Fd socket(::socket(endpoint.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  ECHOD_CHECK(socket.valid());
  limit_waits(socket);
  if (receive_buffer > 0) {
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
  }
  int connected;
  do {
    // A call cut short (io_uring interrupts its thread to tidy up after a ring) connects all the
    // same, and the next one says how far it has come.
    connected = ::connect(socket.get(), endpoint.get(), endpoint.size());
  } while (connected < 0 && (errno == EINTR || errno == EALREADY));
  EXPECT_TRUE(connected == 0 || errno == EISCONN) << endpoint.to_string() << " errno " << errno;
  return socket;
}

inline SocketPair tcp_pair(const SocketOptions& options = {.blocking = true}) {
  TestListener listener = listen_on_loopback(options);
  Fd far = connect_to(listener.endpoint);
  int near = -1;
  while (near < 0) {
    near = ::accept4(listener.socket.get(), nullptr, nullptr, SOCK_CLOEXEC);
    ECHOD_CHECK(near >= 0 || errno == EAGAIN || errno == EINTR);
  }
  return {Fd(near), std::move(far)};
}

inline void write_all(const Fd& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    ASSERT_GT(sent, 0) << "errno " << errno;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

// Reads `size` bytes, or as many as come before the end or an error.
inline std::string read_exactly(const Fd& socket, size_t size) {
  std::string bytes(size, '\0');
  size_t have = 0;
  while (have < size) {
    ssize_t received = ::recv(socket.get(), bytes.data() + have, size - have, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) break;
    have += static_cast<size_t>(received);
  }
  bytes.resize(have);
  return bytes;
}

// How the peer's bytes end when there are none left: 0 for an orderly end, else the errno; -1 where
// there is another byte.
inline int end_of(const Fd& socket) {
  char byte;
  ssize_t received;
  do {
    received = ::recv(socket.get(), &byte, 1, 0);
  } while (received < 0 && errno == EINTR);
  return received < 0 ? errno : -static_cast<int>(received);
}

inline bool at_end(const Fd& socket) { return end_of(socket) == 0; }

// Whether the receive buffer's size is fixed: see hold_receive_buffer().
inline bool receive_buffer_held(int socket) {
  constexpr int kBufferLock = 72;    // SO_BUF_LOCK
  constexpr int kReceiveBuffer = 2;  // SOCK_RCVBUF_LOCK
  int value = 0;
  socklen_t size = sizeof(value);
  EXPECT_EQ(::getsockopt(socket, SOL_SOCKET, kBufferLock, &value, &size), 0);
  return (value & kReceiveBuffer) != 0;
}

inline int option_of(const Fd& socket, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  EXPECT_EQ(::getsockopt(socket.get(), level, name, &value, &size), 0);
  return value;
}

// Leaves this process no free descriptor while it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    ECHOD_CHECK(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    Fd lowest_free(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ECHOD_CHECK(lowest_free.valid());
    rlimit none{.rlim_cur = static_cast<rlim_t>(lowest_free.get()), .rlim_max = before_.rlim_max};
    ECHOD_CHECK(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() { ECHOD_CHECK(::setrlimit(RLIMIT_NOFILE, &before_) == 0); }

 private:
  rlimit before_{};
};

}  // namespace echod
