// Accepting: the one coroutine that takes clients from a listening socket, on every engine. It
// backs off when descriptors or memory run out, keeps to the admission limits, and hands each
// connection to a Placement, which decides what thread serves it.
#pragma once

#include "base/task.h"
#include "engine/admission.h"
#include "engine/loop/event_loop.h"
#include "engine/loop/socket.h"
#include "net/fd.h"

namespace echod {

// A client's connection on its way to be served.
struct Accepted {
  SocketHandle socket;
  Admission::Ticket ticket;  // with the client's address
  size_t listener;           // which listening socket it came from, as numbered by the server
};

// What accepting has to report. Called on any loop's thread.
class AcceptObserver {
 public:
  virtual ~AcceptObserver() = default;

  // accept(2) failed for want of something, and is tried again after kAcceptPause: clients wait in
  // the queue meanwhile. Called at each pause, from every loop: to be reported more sparingly.
  virtual void accept_paused(const Error& error) = 0;

  // A client was refused: its source has as many connections as it may.
  virtual void source_refused(const Endpoint& peer) = 0;
};

// Where a connection is served.
class Placement {
 public:
  virtual ~Placement() = default;

  // Takes the connection over. May wait for room, which holds up the accepting thread on purpose;
  // returns without serving it when the engine drains meanwhile.
  virtual void place(Accepted accepted) = 0;
};

// How long accepting pauses when the process is out of descriptors: short enough to go on within a
// tenth of a second of their return, long enough to cost nothing.
inline constexpr Duration kAcceptPause = std::chrono::milliseconds(25);

// How long a client waits between two looks for a place when there are as many connections as there
// may be.
inline constexpr Duration kAdmissionPause = std::chrono::milliseconds(10);

// Accepts from `listener` until its loop drains.
Task<> accept_loop(Socket& listener, size_t number, Admission& admission, AcceptObserver& observer,
                   Placement& placement);

}  // namespace echod
