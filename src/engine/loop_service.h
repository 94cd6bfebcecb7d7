// Serves one event loop's listening sockets and their connections. It does not depend on who runs
// the loop, and on which thread.
#pragma once

#include <memory>
#include <vector>

#include "base/nursery.h"
#include "engine/engine.h"
#include "engine/loop/socket.h"

namespace echod {

class LoopService final : public Placement {
 public:
  // References must outlive it.
  LoopService(Worker& worker, ConnectionHandler& handler, Admission& admission,
              AcceptObserver& observer)
      : worker_(worker), handler_(handler), admission_(admission), observer_(observer) {}

  // Takes ownership of the listening sockets, one of each listener; call this before serve(). Fails
  // with ESOCKTNOSUPPORT for an unsupported kind; throws std::bad_alloc if out of memory.
  Result<void> open(std::vector<ListenerSocket> listeners);

  // Accepts and serves until the loop drains and the last connection has ended.
  Task<> serve();

  void place(Accepted accepted) override {
    connections_.spawn(handler_.serve(worker_, std::move(accepted)));
  }

  // Runs a task concurrently with accepting; it must end when the loop drains. Call this before
  // serve() ends.
  void spawn(Task<> task) { accepting_.spawn(std::move(task)); }

  size_t connections() const { return connections_.size(); }
  const std::vector<std::unique_ptr<Socket>>& listeners() const { return listeners_; }

 private:
  Worker& worker_;
  ConnectionHandler& handler_;
  Admission& admission_;
  AcceptObserver& observer_;
  std::vector<std::unique_ptr<Socket>> listeners_;
  std::vector<ListenQueues::Entry> queues_;  // of these
  std::vector<Task<>> accept_loops_;         // created by open(), which can report a lack of memory
  Nursery accepting_;
  Nursery connections_;
};

}  // namespace echod
