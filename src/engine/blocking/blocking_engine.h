// The sequential, threads and pool engines: one thread accepts, with blocking calls, and a
// placement decides where each connection is served, on a BlockingLoop of its own.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <optional>

#include "engine/blocking/blocking_loop.h"
#include "engine/engine.h"
#include "engine/thread_group.h"

namespace echod {

// What a thread of the three placements needs to serve.
struct BlockingService {
  const EngineOptions& options;
  ConnectionHandler& handler;
  WorkerSet& workers;
};

// A thread that serves one connection after another, with a loop and a Worker of its own.
class BlockingServer {
 public:
  // `service` must outlive it.
  explicit BlockingServer(const BlockingService& service) : service_(service) {}

  // Serves the connection to its end on the calling thread, which is always the same. Where there
  // is no memory to begin with, the connection is closed.
  void serve(Accepted accepted);

 private:
  // Made when it is first needed, for there may be no memory.
  struct Thread {
    explicit Thread(const BlockingService& service);
    BlockingLoop loop;
    Worker worker;
  };

  const BlockingService& service_;
  std::optional<Thread> thread_;
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
                                               std::vector<Listener> listeners,
                                               ConnectionHandler& handler, Admission& admission,
                                               AcceptObserver& observer);
  ~BlockingEngine() override;

  void request(Phase phase) override;
  bool wait(Deadline deadline) override;
  uint64_t connections_begun() const override { return workers_.connections(); }

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
  WorkerSet workers_;
  BlockingService service_;
  std::unique_ptr<ThreadedPlacement> placement_;
  ThreadGroup acceptor_{"echod-accept", 0};
};

}  // namespace echod
