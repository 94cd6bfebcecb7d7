// One request to the operating system: an accept, a connect, a receive, a send or a sleep. An
// Operation lives in the frame of the coroutine that waits for it, until it is complete: the kernel
// may be writing to its buffer. Abort it, never destroy it.
#pragma once

#include <coroutine>
#include <cstdint>
#include <optional>

#include "base/chunk.h"
#include "base/clock.h"
#include "base/error.h"
#include "engine/loop/socket_handle.h"
#include "engine/loop/timer_wheel.h"
#include "net/endpoint.h"

namespace echod {

class Socket;

// The result of an accept: the client's socket, and its address as the kernel writes it.
struct Arrival {
  sockaddr_storage storage;
  socklen_t size = sizeof(sockaddr_storage);
  SocketHandle socket = {};
  uint16_t ring = 0;  // UringLoop: the ring to which it was submitted

  Endpoint endpoint() const {
    return Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&storage), size);
  }
};

struct Operation : TimerNode {
  enum class Kind : uint8_t {
    kAccept,   // accepts a client from a listening socket; fills `*arrival`
    kConnect,  // connects a socket to `*to`
    kReceive,  // waits for bytes; fills `chunk`, which stays empty if the peer finished sending
    kSend,     // sends all of `chunk`, removing from its front what the kernel took
    kSleep,    // waits for the deadline, then completes without an error
  };

  // Where an operation is between start() and the resumption of its waiter.
  enum class State : uint8_t {
    kNew,
    kParked,     // waits for readiness, for the kernel or for its deadline
    kReady,      // in the loop's queue: to be tried, or to be finished with its error
    kCancelled,  // waits for the kernel to confirm that it ends with `error`
    kComplete,
  };

  // References must stay valid until the operation is complete.
  static Operation accept(Socket& listener, Arrival& arrival) {
    return Operation(Kind::kAccept, &listener, kNever, {}, &arrival);
  }
  static Operation connect(Socket& socket, const Endpoint& to, Deadline deadline) {
    return Operation(socket, to, deadline);
  }
  static Operation receive(Socket& socket, Deadline deadline) {
    return Operation(Kind::kReceive, &socket, deadline);
  }
  static Operation send(Socket& socket, Chunk chunk, Deadline deadline) {
    return Operation(Kind::kSend, &socket, deadline, std::move(chunk));
  }
  static Operation sleep(Deadline until) { return Operation(Kind::kSleep, nullptr, until); }

  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  During during() const {
    switch (kind) {
      case Kind::kAccept:
        return During::kAccept;
      case Kind::kConnect:
        return During::kConnect;
      case Kind::kReceive:
        return During::kReceive;
      case Kind::kSend:
        return During::kSend;
      case Kind::kSleep:
        break;
    }
    return During::kNone;
  }

  // Whether it waits for its socket to be writable rather than readable.
  bool writes() const { return kind == Kind::kSend || kind == Kind::kConnect; }

  // The outcome, once it is complete.
  Result<void> outcome() const {
    if (error) return std::unexpected(*error);
    return {};
  }

  // For event loops: sets the outcome.
  void fail(Errc code) { error = Error{code, during()}; }
  void fail_with_errno(int os_error) { error = os_failure(os_error, during()); }

  Deadline deadline;
  Socket* socket;
  Chunk chunk;
  union {
    Arrival* arrival;    // of an accept
    const Endpoint* to;  // of a connect
  };
  std::optional<Error> error;  // none: success
  Kind kind;
  bool ends_on_drain = false;       // with kDrained: it waits for new work, such as a next request
  bool bulk = false;                // a receive: into a large buffer, if one is available
  State state = State::kNew;        // for the loop
  Operation* next_ready = nullptr;  // for the loop: link of its ready queue
  std::coroutine_handle<> waiter;   // resumed when complete

 private:
  Operation(Socket& on, const Endpoint& whom, Deadline until)
      : deadline(until), socket(&on), to(&whom), kind(Kind::kConnect) {}
  Operation(Kind what, Socket* on, Deadline until, Chunk bytes = {}, Arrival* client = nullptr)
      : deadline(until), socket(on), chunk(std::move(bytes)), arrival(client), kind(what) {}
};

}  // namespace echod
