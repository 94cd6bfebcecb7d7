// The state of one connection besides its bytes: counters, its protocol, and what handlers need
// from their environment. Everything has one writer, the connection's thread; any thread may read
// the counters and the protocol (a list of connections). The closing line of the log is made from
// them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/cell.h"
#include "base/chunk.h"
#include "base/deadline_scope.h"
#include "base/timer.h"
#include "engine/worker.h"
#include "stream/transport.h"

namespace echod {

struct Session;
struct StreamTimeouts;

// Called for events on an open connection.
class SessionObserver {
 public:
  virtual ~SessionObserver() = default;

  // One of the session's first receives (see `Session::receives_to_report`), once its protocol is
  // known.
  virtual void received(const Session& session, size_t bytes) = 0;

  // A request or a WebSocket is rejected with `code`; `why` is for people.
  virtual void refused(const Session&, int /*code*/, std::string_view /*why*/) {}
};

// Defined in protocol/protocol.h; the first value means "not known yet".
enum class Protocol : uint8_t;

struct Session {
  Timer& clock;
  BufferPool& buffers;       // for a handler's own output
  Worker* worker = nullptr;  // the worker that serves it, if any

  Time established = clock.now();
  const Transport* transport = nullptr;  // null if there is none to describe

  Deadlines deadlines = {};  // of its stream

  // Its stream's, which sets it: here it takes no room that an idle connection would have to pay.
  const StreamTimeouts* timeouts = nullptr;

  Cell bytes_received = {};
  Cell bytes_sent = {};
  Cell requests = {};  // if the protocol has requests
  BasicCell<Protocol> protocol = {};

  // Whether a receive that begins now ends with kDrained when the server drains. Set it while the
  // connection waits for the next request with nothing in flight, or if it wants to notify its
  // client of the drain. The connection still works, but a BlockingLoop receives nothing more.
  bool ends_on_drain = false;

  uint32_t receives_to_report = 0;
  SessionObserver* observer = nullptr;

  // Whether the server is about to stop, and responses end their connections.
  bool stopping() const { return worker != nullptr && worker->stopping(); }

  // Detection itself reports what it receives before the protocol is known.
  void count_received(size_t bytes) {
    bytes_received.add(bytes);
    if (worker != nullptr) {
      worker->cells().bytes_received.add(bytes);
      worker->cells().receives.add(1);
    }
    if (protocol != Protocol{}) report_received(bytes);
  }
  void report_received(size_t bytes) {
    if (receives_to_report == 0) return;
    --receives_to_report;
    observer->received(*this, bytes);
  }
  void report_refused(int code, std::string_view why) {
    if (observer != nullptr) observer->refused(*this, code, why);
  }
  void count_sent(size_t bytes) {
    bytes_sent.add(bytes);
    if (worker != nullptr) worker->cells().bytes_sent.add(bytes);
  }
  void count_websocket_message() {
    if (worker != nullptr) worker->cells().websocket_messages.add(1);
  }
};

}  // namespace echod
