// The sequential, threads and pool engines: one thread accepts, with blocking calls, and a
// placement decides where each connection is served, on a BlockingLoop of its own.
#pragma once

#include <atomic>
#include <future>
#include <memory>

#include "engine/engine.h"
#include "engine/loop_set.h"
#include "engine/thread_group.h"

namespace echod {

// What the three placements share: serving one connection to its end on the calling thread.
class ConnectionRunner {
 public:
  ConnectionRunner(const EngineOptions& options, ConnectionHandler& handler, LoopSet& loops)
      : options_(options), handler_(handler), loops_(loops) {}

  void run(Accepted accepted);

 private:
  const EngineOptions& options_;
  ConnectionHandler& handler_;
  LoopSet& loops_;
};

// A placement with threads of its own, which it must let go of when the engine drains.
class ThreadedPlacement : public Placement {
 public:
  // From any thread: place() and idle workers wait no longer. What was placed is still served.
  virtual void drain() = 0;

  // Waits until everything placed has been served, or until `deadline`. Returns whether it has.
  virtual bool wait(Deadline deadline) = 0;
};

class BlockingEngine final : public Engine {
 public:
  static Result<std::unique_ptr<Engine>> start(const EngineOptions& options,
                                               std::vector<ListenerSockets> listeners,
                                               ConnectionHandler& handler, Admission& admission,
                                               AcceptObserver& observer);
  ~BlockingEngine() override;

  void request(Phase phase) override;
  bool wait(Deadline deadline) override;

 private:
  BlockingEngine(const EngineOptions& options, ConnectionHandler& handler, Admission& admission,
                 AcceptObserver& observer);

  Result<void> make_placement();
  // What the accepting thread is given, and where it says whether it could start.
  struct Acceptor {
    std::vector<Fd> listeners;
    std::promise<Result<void>> started;
  };

  void accept(Acceptor& acceptor);
  Task<> accept_all(EventLoop& loop, Acceptor& acceptor);

  EngineOptions options_;
  Admission& admission_;
  AcceptObserver& observer_;
  LoopSet loops_;
  ConnectionRunner runner_;
  std::unique_ptr<ThreadedPlacement> placement_;
  ThreadGroup acceptor_{"echod-accept", 0};
};

}  // namespace echod
