// Servers for the load tester's tests: small, blocking, and wrong or slow in ways that are known.
// They share no code with echod.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "app/bench/bench_options.h"
#include "app/bench/load/runner.h"
#include "net/socket_test_util.h"

namespace echod {

// Serves each connection with `serve` on a thread of its own, until it is destroyed.
class TestServer {
 public:
  using Serve = std::function<void(const Fd& socket, unsigned connection)>;

  explicit TestServer(Serve serve)
      : serve_(std::move(serve)),
        listener_(listen_on_loopback({.blocking = true})),
        acceptor_([this] { accept(); }) {}
  ~TestServer() {
    ending_ = true;
    ::shutdown(listener_.socket.get(), SHUT_RDWR);
    acceptor_.join();
    for (const Client& client : clients_) ::shutdown(client.socket.get(), SHUT_RDWR);
    for (Client& client : clients_) client.thread.join();
  }

  const Endpoint& endpoint() const { return listener_.endpoint; }
  unsigned accepted() const { return accepted_; }

 private:
  struct Client {
    Fd socket;
    std::thread thread;
  };

  void accept() {
    while (!ending_) {
      const int fd = ::accept4(listener_.socket.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      Client& client = clients_.emplace_back(Fd(fd));
      client.thread = std::thread([this, &client, number = accepted_++] {
        serve_(client.socket, number);
        ::shutdown(client.socket.get(), SHUT_RDWR);
      });
    }
  }

  Serve serve_;
  TestListener listener_;
  std::atomic<bool> ending_ = false;
  std::atomic<unsigned> accepted_ = 0;
  std::list<Client> clients_;
  std::thread acceptor_;
};

// Up to `size` bytes, whatever has come; empty at the end.
inline std::string read_some(const Fd& socket, size_t size = 65536) {
  std::string bytes(size, '\0');
  ssize_t received;
  do {
    received = ::recv(socket.get(), bytes.data(), size, 0);
  } while (received < 0 && errno == EINTR);
  bytes.resize(received > 0 ? static_cast<size_t>(received) : 0);
  return bytes;
}

// False when the peer is gone.
inline bool write_some(const Fd& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// Echoes, through `change`, which is given what came and where it was in the stream.
inline void echo_through(const Fd& socket,
                         const std::function<std::string(std::string, uint64_t)>& change) {
  uint64_t offset = 0;
  for (std::string bytes = read_some(socket); !bytes.empty(); bytes = read_some(socket)) {
    const size_t size = bytes.size();
    if (!write_some(socket, change(std::move(bytes), offset))) return;
    offset += size;
  }
}

inline void echo_plainly(const Fd& socket, unsigned = 0) {
  echo_through(socket, [](std::string bytes, uint64_t) { return bytes; });
}

// Looks on, and ends the run when `end` says so.
class TestObserver final : public BenchObserver {
 public:
  explicit TestObserver(std::function<bool(const BenchProgress&)> end = {})
      : end_(std::move(end)) {}
  void progress(const BenchProgress& progress) override {
    if (end_ && end_(progress)) ended_ = true;
  }
  bool interrupted() override { return ended_; }

 private:
  std::function<bool(const BenchProgress&)> end_;
  bool ended_ = false;
};

// Options for a short run against `endpoint`.
inline BenchOptions bench_options(const Endpoint& endpoint, Protocol protocol = Protocol::kRaw) {
  const std::string address = endpoint.to_string();
  BenchOptions options;
  options.target.protocol = protocol;
  options.target.host = address.substr(0, address.rfind(':'));
  options.target.port = endpoint.port();
  options.target.url = "tcp://" + address;
  options.connections = 2;
  options.threads = 1;
  options.timeout = kPatience;
  return options;
}

inline BenchResult run_or_fail(const BenchOptions& options, BenchObserver& observer) {
  std::expected<BenchResult, std::string> result = run_bench(options, observer);
  if (!result) {
    ADD_FAILURE() << result.error();
    return {};
  }
  return *std::move(result);
}

inline BenchResult run_or_fail(const BenchOptions& options) {
  TestObserver observer;
  return run_or_fail(options, observer);
}

}  // namespace echod
