// The accept loop: the coroutine that accepts clients from a listening socket, on every engine. It
// backs off when descriptors or memory run out, enforces the admission limits, and hands each
// connection to a Placement, which decides which thread serves it.
#pragma once

#include "base/task.h"
#include "engine/admission.h"
#include "engine/loop/event_loop.h"
#include "engine/loop/socket.h"
#include "net/fd.h"

namespace echod {

// An accepted connection that is not served yet.
struct Accepted {
  SocketHandle socket;
  Admission::Ticket ticket;  // with the client's address
  size_t listener;           // the number of the listener that it came from
};

// Reports from the accept loops. Called on any loop's thread.
class AcceptObserver {
 public:
  virtual ~AcceptObserver() = default;

  // accept(2) failed for lack of a resource, and is retried after kAcceptPause: clients wait in the
  // backlog. Called at each pause, from every loop, so the observer should limit its log lines.
  virtual void accept_paused(const Error& error) = 0;

  // A client was refused: the per-source connection limit is reached.
  virtual void source_refused(const Endpoint& peer) = 0;
};

// Decides which thread serves a connection.
class Placement {
 public:
  virtual ~Placement() = default;

  // Takes over the connection. May block until there is room, which deliberately stops the
  // accepting thread; returns without serving the connection if the engine drains meanwhile.
  virtual void place(Accepted accepted) = 0;
};

// The back-off when the process is out of descriptors: short enough to resume within a tenth of a
// second after they are free again, long enough to cost nothing.
inline constexpr Duration kAcceptPause = std::chrono::milliseconds(25);

// How often a waiting client's admission is retried when the connection limit is reached.
inline constexpr Duration kAdmissionPause = std::chrono::milliseconds(10);

// Accepts from `listener` until its loop drains.
Task<> accept_loop(Socket& listener, size_t number, Admission& admission, AcceptObserver& observer,
                   Placement& placement);

}  // namespace echod
