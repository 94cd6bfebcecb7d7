// An engine is an event loop (how an operation completes) and a placement (which thread gets a
// connection). It is chosen at startup, and handlers do not depend on it.
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

// Whether it is epoll or uring: its workers are event loops, which may busy-poll.
bool has_event_loops(EngineKind kind);

// Which engine `auto` selects, and why, for the log.
struct EngineChoice {
  EngineKind kind;
  std::string reason;
};

// uring if the kernel passes its self-test, else epoll.
EngineChoice choose_engine();

// Serves connections; called on the thread that the placement chose, on several threads
// concurrently.
class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;

  // Serves one connection to its end. It reports its own failures. `worker` outlives the task.
  virtual Task<> serve(Worker& worker, Accepted accepted) = 0;
};

// How the kernel distributes new connections over the event loops of an engine.
enum class Spread : uint8_t {
  kAuto,   // kLocal; kHash once one loop is overloaded while others are idle
  kLocal,  // to the loop on the CPU that received the first packet; each loop is pinned to one
  kHash,   // by a hash of the addresses; loops are not pinned
};

struct EngineOptions {
  EngineKind kind = EngineKind::kEpoll;

  // sequential: ignored. threads: maximum number of threads. pool: number of threads. epoll and
  // uring: number of event loops. At least 1.
  unsigned workers = 1;

  // Maximum number of accepted connections that wait for a pool worker; beyond, accepting waits.
  unsigned queue_max = 128;

  // Maximum bytes of one receive: a whole buffer, or the array of a classic server.
  size_t receive_size_max = 30 * 1024;

  BufferPool::Options buffers;

  // uring: maximum number of direct descriptors per loop, for connections beyond the process's
  // descriptor limit.
  size_t direct_max = 0;

  // Random seed of the workers.
  uint64_t seed = 1;

  // epoll and uring. Loops are pinned only if there is one per CPU.
  Spread spread = Spread::kAuto;
  Duration spin_max = kSpinMax;  // maximum busy-poll time before a sleep; 0: never
};

// The default number of workers for that many CPUs.
unsigned default_workers(EngineKind kind, unsigned processors);

// How many listening sockets an engine needs per address (each event loop has its own), and whether
// they must be blocking. Where they are descriptors of one socket (Listener::shared), another loop
// may take a client first, and only io_uring can wait for the next one in a blocking accept that
// still can be cancelled.
struct ListenerNeeds {
  unsigned sockets = 1;
  bool blocking = true;
  bool shared_blocking = false;
};
ListenerNeeds listener_needs(const EngineOptions& options);

class Engine {
 public:
  // Starts accepting from `listeners` and serving with `handler`. References must outlive the
  // engine. Fails if threads or loops cannot be created, and with ESOCKTNOSUPPORT for an
  // unsupported kind of listener.
  static Result<std::unique_ptr<Engine>> start(const EngineOptions& options,
                                               std::vector<Listener> listeners,
                                               ConnectionHandler& handler, Admission& admission,
                                               AcceptObserver& observer);

  // Aborts all connections and waits for them.
  virtual ~Engine() = default;

  // kStopping: serves as before, and Worker::stopping() is true. kDraining: stops accepting; idle
  // connections end at once, others continue until they end. kAborting: every connection ends with
  // kAborted. Returns without waiting.
  virtual void request(Phase phase) = 0;

  // Waits until the engine and all its connections have ended, or until `deadline`. Returns whether
  // they have; they never end before a drain was requested.
  virtual bool wait(Deadline deadline) = 0;

  // Connections accepted since startup. From any thread.
  virtual uint64_t connections_begun() const = 0;

  // From any thread: adds what all workers have counted since startup.
  virtual void add_to(WorkerTotals& totals) const = 0;

  // From any thread: adds the queues of each listener to its place in `sums`.
  virtual void add_to(std::vector<ListenQueue>& sums) const = 0;

  // From any thread.
  virtual Phase phase() const = 0;
  // See WorkerSet::stuck_loops().
  virtual size_t stuck_loops(Time now, Duration patience) = 0;
};

}  // namespace echod
