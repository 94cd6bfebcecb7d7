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

// What a thread of the three placements needs to serve a connection.
struct BlockingService {
  const EngineOptions& options;
  ConnectionHandler& handler;
  WorkerSet& workers;
};

// Serves one connection after another on one thread, with its own loop and Worker.
class BlockingServer {
 public:
  // `service` must outlive it.
  explicit BlockingServer(const BlockingService& service) : service_(service) {}

  // Serves the connection to its end on the calling thread, which is always the same. Closes the
  // connection if there is no memory to begin.
  void serve(Accepted accepted);

 private:
  // Created when first needed, since there may be no memory.
  struct Thread {
    explicit Thread(const BlockingService& service);
    BlockingLoop loop;
    Worker worker;
  };

  const BlockingService& service_;
  std::optional<Thread> thread_;
};

// A placement with its own threads, which it must end when the engine drains.
class ThreadedPlacement : public Placement {
 public:
  // From any thread: place() and idle workers stop waiting. Connections already placed are still
  // served.
  virtual void drain() = 0;

  // Waits until all placed connections have been served, or until `deadline`. Returns whether they
  // have.
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
  void add_to(WorkerTotals& totals) const override { workers_.add_to(totals); }
  void add_to(std::vector<ListenQueue>& sums) const override {
    workers_.listen_queues().add_to(sums);
  }
  Phase phase() const override { return workers_.phase(); }
  size_t stuck_loops(Time now, Duration patience) override {
    return workers_.stuck_loops(now, patience);
  }

 private:
  BlockingEngine(const EngineOptions& options, ConnectionHandler& handler, Admission& admission,
                 AcceptObserver& observer);

  Result<void> make_placement();
  // The accepting thread's arguments, and its report whether it could start.
  struct Acceptor {
    std::vector<ListenerSocket> listeners;
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
