#include "socket.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace torture {

bool Address::is_loopback_v4() const {
  if (storage.ss_family != AF_INET) return false;
  sockaddr_in in{};
  std::memcpy(&in, &storage, sizeof in);
  return (ntohl(in.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
}

uint16_t Address::port() const {
  sockaddr_in in{};  // the port is at the same place in IPv6
  std::memcpy(&in, &storage, sizeof in);
  return ntohs(in.sin_port);
}

std::expected<Address, std::string> Address::find(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return std::unexpected("'" + host + "': " + gai_strerror(error));
  Address address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  freeaddrinfo(found);
  return address;
}

Socket& Socket::operator=(Socket&& other) noexcept {
  close();
  fd_ = std::exchange(other.fd_, -1);
  return *this;
}

std::expected<Socket, int> Socket::connect(const Address& address, const std::string& source) {
  Socket made(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!made.is_open()) return std::unexpected(errno);
  if (!source.empty()) {
    sockaddr_in from{};
    from.sin_family = AF_INET;
    inet_pton(AF_INET, source.c_str(), &from.sin_addr);
    const int on = 1;  // the port is chosen when it connects, so that many share one
    setsockopt(made.fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(made.fd_, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0) {
      return std::unexpected(errno);
    }
  }
  const auto* to = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(made.fd_, to, address.size) != 0 && errno != EINPROGRESS) {
    return std::unexpected(errno);
  }
  return made;
}

int Socket::error() const {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

void Socket::set_no_delay() const {
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void Socket::set_send_buffer(int bytes) const {
  setsockopt(fd_, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

ssize_t Socket::send(std::span<const uint8_t> bytes, bool more) const {
  ssize_t result = -1;
  do {
    result = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | (more ? MSG_MORE : 0));
  } while (result < 0 && errno == EINTR);
  return result < 0 ? -errno : result;
}

ssize_t Socket::receive(std::span<uint8_t> buffer) const {
  ssize_t result = -1;
  do {
    result = ::recv(fd_, buffer.data(), buffer.size(), 0);
  } while (result < 0 && errno == EINTR);
  return result < 0 ? -errno : result;
}

uint64_t Socket::unacknowledged() const {
  int bytes = 0;
  if (ioctl(fd_, SIOCOUTQ, &bytes) != 0) return 0;
  return static_cast<uint64_t>(std::max(bytes, 0));
}

void Socket::shut_down_sending() const { shutdown(fd_, SHUT_WR); }

void Socket::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Socket::reset() {
  if (fd_ < 0) return;
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

uint64_t raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 20'000);
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace torture
