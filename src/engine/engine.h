// An engine is an event loop (how an operation completes) and a placement (which thread gets a
// connection). It is chosen at start, and no handler knows which one runs it.
//
//   name        loop                       placement
//   sequential  BlockingLoop               one connection at a time, the next ones wait
//   threads     BlockingLoop per thread    a new thread for each connection, up to a limit
//   pool        BlockingLoop per worker    N workers behind a bounded queue
//   epoll       EpollLoop per worker       where the kernel put it, for its whole life
//   uring       UringLoop per worker       the same
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/chunk.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/task.h"
#include "engine/accept_loop.h"
#include "engine/admission.h"
#include "engine/listener.h"
#include "engine/loop/event_loop.h"
#include "engine/loop/spinner.h"
#include "engine/worker.h"

namespace echod {

enum class EngineKind : uint8_t { kSequential, kThreads, kPool, kEpoll, kUring };

inline constexpr EngineKind kEngineKinds[] = {EngineKind::kSequential, EngineKind::kThreads,
                                              EngineKind::kPool, EngineKind::kEpoll,
                                              EngineKind::kUring};

std::string_view name_of(EngineKind kind);
std::optional<EngineKind> engine_named(std::string_view name);

// Which engine `auto` takes, and why, for the log.
struct EngineChoice {
  EngineKind kind;
  std::string reason;
};

// uring where the kernel passes its self-test, else epoll.
EngineChoice choose_engine();

// What serves connections; called on whatever thread the placement chose, several at once.
class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;

  // Serves one connection to its end. It reports its own failures. `worker` outlives the task.
  virtual Task<> serve(Worker& worker, Accepted accepted) = 0;
};

// How the kernel spreads new clients over the event loops of an engine.
enum class Spread : uint8_t {
  kAuto,   // kLocal, until one loop is overloaded while others idle; from then on kHash
  kLocal,  // to the loop on the processor their first packet came in on; each loop is tied to one
  kHash,   // by a hash of the addresses; loops run where the scheduler puts them
};

struct EngineOptions {
  EngineKind kind = EngineKind::kEpoll;

  // sequential: ignored. threads: the most threads at once. pool: its threads. epoll and uring:
  // event loops. At least 1.
  unsigned workers = 1;

  // Accepted connections that may wait for a pool worker; when there are as many, accepting waits.
  unsigned queue_max = 128;

  // Bytes taken by one receive: a whole buffer, or what a classic server's array holds.
  size_t receive_size_max = 30 * 1024;

  BufferPool::Options buffers;

  // uring: connections each loop may have beyond the process's descriptors, as direct descriptors.
  size_t direct_max = 0;

  // What the workers draw comes from it.
  uint64_t seed = 1;

  // epoll and uring. Loops are tied to processors only where there are as many of the one as of the
  // other.
  Spread spread = Spread::kAuto;
  Duration spin_max = kSpinMax;  // how long a loop may look for news before it sleeps; 0: never
};

// The default number of workers on this machine.
unsigned default_workers(EngineKind kind);

// Listening sockets an engine needs for each address (each event loop has its own), and whether
// they must be blocking.
struct ListenerNeeds {
  unsigned sockets = 1;
  bool blocking = true;
};
ListenerNeeds listener_needs(const EngineOptions& options);

class Engine {
 public:
  // Starts accepting from `listeners` and serving with `handler`. What is given by reference must
  // outlive the engine. Fails when threads or loops cannot be had, and with ESOCKTNOSUPPORT for a
  // kind of listener that is not served.
  static Result<std::unique_ptr<Engine>> start(const EngineOptions& options,
                                               std::vector<Listener> listeners,
                                               ConnectionHandler& handler, Admission& admission,
                                               AcceptObserver& observer);

  // Aborts and waits for what is left.
  virtual ~Engine() = default;

  // kStopping: serves as before, and Worker::stopping() says so. kDraining: stops accepting;
  // connections go on until they end, those that only wait for a next request end at once.
  // kAborting: every connection ends with kAborted. Returns without waiting.
  virtual void request(Phase phase) = 0;

  // Waits until the engine has ended, connections and all, or until `deadline`. Returns whether it
  // has; it never does before it was asked to drain.
  virtual bool wait(Deadline deadline) = 0;

  // Connections begun since the start. From any thread.
  virtual uint64_t connections_begun() const = 0;
};

}  // namespace echod
