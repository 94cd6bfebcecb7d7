// Drives an EchoClient over a connected stream, from its handshake to the end of the connection:
// sends while there is something to send and receives beside that. What is sent, and when it is
// over, is decided by the EchoTraffic; whoever has made more to send calls wake().
#pragma once

#include <coroutine>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/nursery.h"
#include "base/task.h"
#include "protocol/echo_client.h"
#include "stream/stream.h"

namespace echod {

class ClientDriver {
 public:
  // All of them must outlive it; `client` is one over `stream` and `traffic`.
  ClientDriver(Stream& stream, EchoClient& client, EchoTraffic& traffic)
      : stream_(stream), client_(client), traffic_(traffic) {}
  ClientDriver(const ClientDriver&) = delete;
  ClientDriver& operator=(const ClientDriver&) = delete;
  ~ClientDriver() { ECHOD_CHECK(!sleeper_); }

  // Once: opens the client by `open_by`, then sends and receives until the connection is over, and
  // aborts the stream. Its outcome is that of opening or receiving. Nothing is left running.
  Task<> run(Deadline open_by = kNever);

  // EchoTraffic::next_message() may have a message, or the traffic may be finished: sends on, on
  // the caller's stack.
  void wake() {
    if (sleeper_) std::exchange(sleeper_, nullptr).resume();
  }

  // Whether the sender has nothing to do until wake().
  bool is_waiting() const { return static_cast<bool>(sleeper_); }

 private:
  // Suspends until wake().
  struct [[nodiscard]] Sleep {
    std::coroutine_handle<>& sleeper;
    bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept { sleeper = waiter; }
    void await_resume() noexcept {}
  };

  Task<> send();

  Stream& stream_;
  EchoClient& client_;
  EchoTraffic& traffic_;
  std::coroutine_handle<> sleeper_;
  bool receiving_over_ = false;
};

}  // namespace echod
