#include "conformance/client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

namespace echod {
namespace {

constexpr size_t kPatternPeriod = 1'048'573;  // bytes; the largest prime below a mebibyte
constexpr size_t kReceiveSize = 256 * 1024;
constexpr ssize_t kNotNow = -2;  // what would_wait() makes of a call

std::string make_pattern() {
  std::mt19937 random(20240229);
  std::string bytes(kPatternPeriod, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() >> 24);
  return bytes;
}

Time now() { return std::chrono::steady_clock::now(); }

void set_option(int socket, int level, int name, int value) {
  EXPECT_EQ(::setsockopt(socket, level, name, &value, sizeof(value)), 0) << std::strerror(errno);
}

void bind_to(int socket, const std::string& address) {
  sockaddr_in from{};
  from.sin_family = AF_INET;
  ASSERT_EQ(::inet_pton(AF_INET, address.c_str(), &from.sin_addr), 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&from), sizeof(from)), 0);
}

}  // namespace

void internal::nap() { std::this_thread::sleep_for(std::chrono::milliseconds(2)); }

namespace {

std::atomic<Duration> patience_at_first = kPatience;
std::atomic<Duration> patience_after_failure = kPatienceAfterFailure;

}  // namespace

void set_patience(const Patience& patience) {
  patience_at_first = patience.at_first;
  patience_after_failure = patience.after_failure;
}

Duration patience_now() {
  return testing::Test::HasFailure() ? patience_after_failure : patience_at_first;
}

Deadline patience() { return now() + patience_now(); }

std::string_view pattern_from(uint64_t offset) {
  static const std::string period = make_pattern();
  return std::string_view(period).substr(offset % kPatternPeriod);
}

std::string pattern(size_t size) {
  std::string bytes;
  bytes.reserve(size);
  while (bytes.size() < size) bytes += pattern_from(bytes.size()).substr(0, size - bytes.size());
  return bytes;
}

Client::Client(const Options& options) {
  // The family is known at connect(); an IPv6 socket is made there instead.
  socket_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  EXPECT_TRUE(socket_.valid()) << std::strerror(errno);
  if (options.receive_buffer > 0) {
    set_option(fd(), SOL_SOCKET, SO_RCVBUF, options.receive_buffer);
  }
  if (options.send_buffer > 0) set_option(fd(), SOL_SOCKET, SO_SNDBUF, options.send_buffer);
  if (options.send_at_once) set_option(fd(), IPPROTO_TCP, TCP_NODELAY, 1);
  if (!options.from.empty()) bind_to(fd(), options.from);
}

bool Client::connect(const Endpoint& server) {
  if (server.is_ipv6()) {
    socket_ = Fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  }
  if (::connect(fd(), server.get(), server.size()) == 0) return true;
  if (errno != EINPROGRESS) return false;
  if (!wait(POLLOUT, patience())) return false;
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0;
}

// Whether one of `events`, or an error, came up before `deadline`.
bool Client::wait(short events, Deadline deadline) const {
  pollfd poll{.fd = fd(), .events = events, .revents = 0};
  while (true) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now()).count();
    int count = ::poll(&poll, 1, static_cast<int>(std::max<int64_t>(left, 0)));
    if (count > 0) return true;
    if (left <= 0) return false;
  }
}

ssize_t Client::try_send(std::string_view bytes) {
  ssize_t size = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (size >= 0) return size;
  return errno == EAGAIN || errno == EINTR ? kNotNow : -1;
}

ssize_t Client::try_receive(std::span<char> room) {
  ssize_t size = ::recv(fd(), room.data(), room.size(), 0);
  if (size >= 0) return size;
  return errno == EAGAIN || errno == EINTR ? kNotNow : -1;
}

void Client::send_all(std::string_view bytes) {
  Deadline deadline = patience();
  while (!bytes.empty()) {
    ssize_t size = try_send(bytes);
    if (size >= 0) {
      bytes.remove_prefix(static_cast<size_t>(size));
      deadline = patience();
    } else if (size == -1) {
      ADD_FAILURE() << "sending failed: " << std::strerror(errno);
      return;
    } else if (!wait(POLLOUT, deadline)) {
      ADD_FAILURE() << "the server takes nothing; unsent: " << bytes.size() << " bytes";
      return;
    }
  }
}

size_t Client::send_until_blocked(size_t size_max) {
  size_t sent = 0;
  while (sent < size_max) {
    ssize_t size = try_send(pattern_from(sent).substr(0, size_max - sent));
    if (size >= 0) {
      sent += static_cast<size_t>(size);
    } else if (size == -1 || !wait(POLLOUT, now() + kQuiet)) {
      break;
    }
  }
  return sent;
}

void Client::shut_down_sending() {
  EXPECT_EQ(::shutdown(fd(), SHUT_WR), 0) << std::strerror(errno);
}

void Client::reset() {
  linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  socket_.close();
}

Client::Received Client::receive_some(std::span<char> room, Duration wait_max) {
  Deadline deadline = now() + wait_max;
  while (true) {
    ssize_t size = try_receive(room);
    if (size > 0) return {Status::kBytes, static_cast<size_t>(size)};
    if (size == 0) return {Status::kFinished};
    if (size == -1) return {Status::kReset};
    if (!wait(POLLIN, deadline)) return {Status::kDeadline};
  }
}

std::string Client::receive_exactly(size_t size) {
  std::string bytes(size, '\0');
  size_t filled = 0;
  while (filled < size) {
    Received received = receive_some(std::span(bytes).subspan(filled));
    filled += received.size;
    if (received.status == Status::kBytes) continue;
    ADD_FAILURE() << "received " << filled << " of " << size << " bytes, then "
                  << (received.status == Status::kFinished ? "the end"
                      : received.status == Status::kReset  ? "a reset"
                                                           : "nothing");
    bytes.resize(filled);
    break;
  }
  return bytes;
}

std::string Client::receive_until_end() {
  std::string bytes;
  std::vector<char> room(kReceiveSize);
  while (true) {
    Received received = receive_some(room);
    bytes.append(room.data(), received.size);
    if (received.status == Status::kBytes) continue;
    EXPECT_EQ(received.status, Status::kFinished)
        << (received.status == Status::kReset ? "reset" : "nothing") << " after " << bytes.size()
        << " bytes, instead of the end";
    return bytes;
  }
}

Client::Status Client::wait_for_end() {
  std::vector<char> room(kReceiveSize);
  Received received{Status::kBytes};
  while (received.status == Status::kBytes) received = receive_some(room);
  return received.status;
}

std::string Client::receive_pattern_and_end(uint64_t size) {
  std::vector<char> room(kReceiveSize);
  uint64_t offset = 0;
  while (true) {
    Received received = receive_some(room);
    if (received.status == Status::kDeadline) return "nothing after byte " + std::to_string(offset);
    if (received.status == Status::kReset) return "reset after byte " + std::to_string(offset);
    if (received.status == Status::kFinished) {
      return offset == size ? "" : "the end after byte " + std::to_string(offset);
    }
    std::string_view bytes(room.data(), received.size);
    while (!bytes.empty()) {
      std::string_view wanted = pattern_from(offset).substr(0, bytes.size());
      if (!bytes.starts_with(wanted)) return "a wrong byte after " + std::to_string(offset);
      bytes.remove_prefix(wanted.size());
      offset += wanted.size();
    }
    if (offset > size) return "more bytes than were sent";
  }
}

bool Client::has_news(Duration wait_max) { return wait(POLLIN, now() + wait_max); }

std::string Client::exchange(std::string_view bytes, std::span<const size_t> pieces) {
  std::string echoed;
  std::vector<char> room(kReceiveSize);
  size_t sent = 0;
  size_t piece = 0;
  while (echoed.size() < bytes.size()) {
    bool unsent = sent < bytes.size();
    if (!wait(static_cast<short>(unsent ? POLLIN | POLLOUT : POLLIN), patience())) {
      ADD_FAILURE() << "nothing moves: sent " << sent << " bytes, received " << echoed.size();
      break;
    }
    ssize_t taken = 0;
    if (unsent) {
      size_t size_max = pieces.empty() ? bytes.size() : pieces[piece++ % pieces.size()];
      taken = try_send(bytes.substr(sent, size_max));
      if (taken > 0) sent += static_cast<size_t>(taken);
    }
    ssize_t size = try_receive(room);
    if (size > 0) echoed.append(room.data(), static_cast<size_t>(size));
    if (size == 0 || size == -1 || taken == -1) {
      ADD_FAILURE() << "the connection ended: sent " << sent << " bytes, received "
                    << echoed.size();
      break;
    }
  }
  return echoed;
}

}  // namespace echod
