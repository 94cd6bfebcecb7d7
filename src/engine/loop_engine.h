// The epoll and uring engines: event loops, each on a thread of its own with its own listening
// sockets, among which the kernel distributes the connections (SO_REUSEPORT). Nothing is shared
// between loops, and a connection stays with the loop that accepted it.
#pragma once

#include "engine/engine.h"
#include "engine/spread_watch.h"
#include "engine/thread_group.h"

namespace echod {

class LoopEngine final : public Engine {
 public:
  static Result<std::unique_ptr<Engine>> start(const EngineOptions& options,
                                               std::vector<Listener> listeners,
                                               ConnectionHandler& handler, Admission& admission,
                                               AcceptObserver& observer);
  ~LoopEngine() override;

  void request(Phase phase) override { workers_.request(phase); }
  bool wait(Deadline deadline) override { return threads_.wait_all(deadline); }
  uint64_t connections_begun() const override { return workers_.connections(); }
  void add_to(WorkerTotals& totals) const override { workers_.add_to(totals); }
  void add_to(std::vector<ListenQueue>& sums) const override {
    workers_.listen_queues().add_to(sums);
  }
  Phase phase() const override { return workers_.phase(); }
  size_t stuck_loops(Time now, Duration patience) override {
    return workers_.stuck_loops(now, patience);
  }

 private:
  class Thread;

  LoopEngine(const EngineOptions& options, ConnectionHandler& handler, Admission& admission,
             AcceptObserver& observer)
      : options_(options),
        handler_(handler),
        admission_(admission),
        observer_(observer),
        workers_(options.seed) {}

  EngineOptions options_;
  ConnectionHandler& handler_;
  Admission& admission_;
  AcceptObserver& observer_;
  std::unique_ptr<SpreadWatch> spread_watch_;  // with Spread::kAuto and several loops
  WorkerSet workers_;
  ThreadGroup threads_{"echod-loop", 0};
};

}  // namespace echod
