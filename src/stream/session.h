// What is known of one connection besides its bytes: counters, the protocol it turned out to speak,
// and what handlers need from their surroundings. Plain numbers with one writer, the connection's
// thread; the closing line of the log is made from them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/chunk.h"
#include "base/deadline_scope.h"
#include "base/timer.h"
#include "engine/worker.h"
#include "stream/transport.h"

namespace echod {

struct Session;

// Told what happens on a connection while it is open.
class SessionObserver {
 public:
  virtual ~SessionObserver() = default;

  // The session's first receives, as many as `Session::receives_to_report` says, once it is known
  // which protocol they belong to.
  virtual void received(const Session& session, size_t bytes) = 0;

  // A request, or a WebSocket, is refused with `code`, for people to read why.
  virtual void refused(const Session&, int /*code*/, std::string_view /*why*/) {}
};

// Defined in protocol/protocol.h; the first is that of a connection whose protocol is not known
// yet.
enum class Protocol : uint8_t;

struct Session {
  Timer& clock;
  BufferPool& buffers;             // for what a handler writes itself
  const Worker* worker = nullptr;  // whose thread serves it; null where there is none

  Time established = clock.now();
  const Transport* transport = nullptr;  // null where there is none to tell of

  Deadlines deadlines = {};  // on its stream

  uint64_t bytes_received = 0;
  uint64_t bytes_sent = 0;
  uint64_t requests = 0;  // of a protocol that has them
  Protocol protocol{};

  // Whether a receive that begins now ends, with kDrained, when the server drains: of a connection
  // that waits for a next request and has nothing in flight, or that has something to tell its
  // client then. The connection still works. On a BlockingLoop nothing more is received.
  bool ends_on_drain = false;

  uint32_t receives_to_report = 0;
  SessionObserver* observer = nullptr;

  // Whether the server is about to stop, and responses end their connections.
  bool stopping() const { return worker != nullptr && worker->stopping(); }

  // What is received before the protocol is known is reported by who finds it out.
  void count_received(size_t bytes) {
    bytes_received += bytes;
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
  void count_sent(size_t bytes) { bytes_sent += bytes; }
};

}  // namespace echod
