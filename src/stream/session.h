// What is known of one connection besides its bytes: counters, the protocol it turned out to speak,
// and what handlers need from their surroundings. Plain numbers with one writer, the connection's
// thread; the closing line of the log is made from them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/chunk.h"
#include "base/clock.h"
#include "stream/transport.h"

namespace echod {

class HttpObserver;  // protocol/http_observer.h
struct Session;

// Told of a session's first receives, as many as `Session::receives_to_report` says.
class ReceiveObserver {
 public:
  virtual ~ReceiveObserver() = default;
  virtual void received(const Session& session, size_t bytes) = 0;
};

struct Session {
  const Clock& clock;
  BufferPool& buffers;  // for what a handler writes itself

  Time established = clock.now();
  const Transport* transport = nullptr;  // null where there is none to tell of

  uint64_t bytes_received = 0;
  uint64_t bytes_sent = 0;
  uint64_t requests = 0;           // of a protocol that has them
  std::string_view protocol = {};  // "raw", "http/1"; empty while undecided

  // Whether the connection waits for a next request, having nothing under way: a server that drains
  // ends it then.
  bool idle = false;

  uint32_t receives_to_report = 0;
  ReceiveObserver* observer = nullptr;
  HttpObserver* http_observer = nullptr;  // told of each request and its answer; null: nobody is

  void count_received(size_t bytes) {
    bytes_received += bytes;
    if (receives_to_report == 0) return;
    --receives_to_report;
    observer->received(*this, bytes);
  }
  void count_sent(size_t bytes) { bytes_sent += bytes; }
};

}  // namespace echod
