// What is served on one event loop: its listening sockets and the connections they gave. Who runs
// the loop, and on which thread, is not known here.
#pragma once

#include <memory>
#include <vector>

#include "base/nursery.h"
#include "engine/engine.h"
#include "engine/loop/socket.h"

namespace echod {

class LoopService final : public Placement {
 public:
  // What is given by reference must outlive it.
  LoopService(Worker& worker, ConnectionHandler& handler, Admission& admission,
              AcceptObserver& observer)
      : worker_(worker), handler_(handler), admission_(admission), observer_(observer) {}

  // Takes the listening sockets over, one of each listener, before serve(). Fails with
  // ESOCKTNOSUPPORT for a kind that is not served; throws std::bad_alloc where there is no memory.
  Result<void> open(std::vector<ListenerSocket> listeners);

  // Accepts and serves until the loop drains and the last connection has ended.
  Task<> serve();

  void place(Accepted accepted) override {
    connections_.spawn(handler_.serve(worker_, std::move(accepted)));
  }

  // For a task beside accepting, which ends when the loop drains; before serve() is over.
  void spawn(Task<> task) { accepting_.spawn(std::move(task)); }

  size_t connections() const { return connections_.size(); }
  const std::vector<std::unique_ptr<Socket>>& listeners() const { return listeners_; }

 private:
  Worker& worker_;
  ConnectionHandler& handler_;
  Admission& admission_;
  AcceptObserver& observer_;
  std::vector<std::unique_ptr<Socket>> listeners_;
  std::vector<Task<>> accept_loops_;  // made by open(), where running out of memory can be told
  Nursery accepting_;
  Nursery connections_;
};

}  // namespace echod
