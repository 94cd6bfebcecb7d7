#include "app/serve/service_manager.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "app/serve/take_variable.h"

namespace echod {
namespace {

using Failure = std::unexpected<std::string>;

std::optional<uint64_t> number_of(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return number;
}

// "/run/systemd/notify", or "@name" for a name in the abstract namespace.
std::expected<Fd, std::string> connect_to(const std::string& name) {
  const auto failed = [&name](std::string_view why) {
    return Failure(fmt::format("cannot reach the service manager at '{}': {}", name, why));
  };
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() < 2 || (name[0] != '/' && name[0] != '@')) return failed("unsupported address");
  if (name.size() > sizeof(address.sun_path) - 1) return failed("the name is too long");
  std::memcpy(address.sun_path, name.data(), name.size());
  size_t size = offsetof(sockaddr_un, sun_path) + name.size();
  if (name[0] == '@') {
    address.sun_path[0] = '\0';
  } else {
    ++size;  // the terminating zero
  }
  Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return failed(std::strerror(errno));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                static_cast<socklen_t>(size)) != 0) {
    return failed(std::strerror(errno));
  }
  return socket;
}

int64_t microseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

// A status is one line.
std::string status_assignment(std::string_view status) {
  std::string text = "STATUS=";
  for (const char c : status) text += c == '\n' ? ' ' : c;
  return text;
}

}  // namespace

std::expected<ServiceManager, std::string> ServiceManager::from_environment() {
  ServiceManager manager;
  const std::optional<std::string> name = take_variable("NOTIFY_SOCKET");
  const std::optional<uint64_t> period = number_of(take_variable("WATCHDOG_USEC"));
  const std::optional<std::string> watched = take_variable("WATCHDOG_PID");
  if (!name || name->empty()) return manager;
  std::expected<Fd, std::string> socket = connect_to(*name);
  if (!socket) return Failure(socket.error());
  manager.name_ = *name;
  manager.socket_ = std::move(*socket);
  // Without WATCHDOG_PID it is for any process that reads it.
  const bool is_for_us = !watched || number_of(watched) == static_cast<uint64_t>(::getpid());
  constexpr uint64_t kLongest = uint64_t{365} * 24 * 3600 * 1'000'000;
  if (period && *period > 0 && *period < kLongest && is_for_us) {
    manager.watchdog_period_ = std::chrono::microseconds(*period);
  }
  return manager;
}

void ServiceManager::ready(std::string_view status) {
  send("READY=1\n" + status_assignment(status), true);
}

void ServiceManager::reloading() {
  // The time lets the manager tell this reload from an earlier one.
  const int64_t now = microseconds(MonotonicClock().now().time_since_epoch());
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=Reading the configuration", now), true);
}

void ServiceManager::stopping(std::string_view status) {
  send("STOPPING=1\n" + status_assignment(status), true);
}

void ServiceManager::status(std::string_view status) { send(status_assignment(status), false); }

void ServiceManager::alive() { send("WATCHDOG=1", false); }

void ServiceManager::extend_timeout(Duration time) {
  send(fmt::format("EXTEND_TIMEOUT_USEC={}", microseconds(time)), false);
}

void ServiceManager::send(std::string_view assignments, bool must_arrive) {
  if (!present()) return;
  MonotonicClock clock;
  const Deadline latest = clock.now() + kPatience;
  bool again = true;
  while (true) {
    if (::send(socket_.get(), assignments.data(), assignments.size(), MSG_NOSIGNAL) >= 0) return;
    if (errno != EINTR && errno != EAGAIN) {
      auto socket = connect_to(name_);
      if (!socket || !std::exchange(again, false)) return;
      socket_ = std::move(*socket);
      continue;
    }
    if (!must_arrive || clock.now() >= latest) return;
    pollfd wait{.fd = socket_.get(), .events = POLLOUT, .revents = 0};
    constexpr int kPollMs = 50;
    ::poll(&wait, 1, kPollMs);
  }
}

}  // namespace echod
