// Which threads are the clients' in a process that has both: what is done to the server on purpose,
// such as failing its system calls, leaves them alone.
#pragma once

#include <thread>
#include <utility>

namespace echod {

// The thread that runs the tests is the clients', and so is every client_thread(); all others are
// the server's.
bool is_client_side() noexcept;

// While it lives, this thread does the server's work: it starts it, say.
class ServerSideScope {
 public:
  ServerSideScope() noexcept;
  ServerSideScope(const ServerSideScope&) = delete;
  ServerSideScope& operator=(const ServerSideScope&) = delete;
  ~ServerSideScope();

 private:
  bool before_;
};

// To be called first on a thread that is the clients'.
void join_client_side() noexcept;

// A thread that runs `body` for a client; it is joined where it is destroyed.
template <typename Body>
std::jthread client_thread(Body body) {
  return std::jthread([body = std::move(body)]() mutable {
    join_client_side();
    body();
  });
}

}  // namespace echod
