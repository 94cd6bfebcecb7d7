// Drives an EchoClient over a connected stream, from its handshake to the end of the connection:
// sends while there is something to send, and receives at the same time. The EchoTraffic decides
// what is sent and when it is over. Call wake() when there may be more to send.
#pragma once

#include "base/clock.h"
#include "base/event.h"
#include "base/nursery.h"
#include "base/task.h"
#include "protocol/echo_client.h"
#include "stream/stream.h"

namespace echod {

class ClientDriver {
 public:
  // All arguments must outlive it; `client` uses `stream` and `traffic`.
  ClientDriver(Stream& stream, EchoClient& client, EchoTraffic& traffic)
      : stream_(stream), client_(client), traffic_(traffic) {}
  ClientDriver(const ClientDriver&) = delete;
  ClientDriver& operator=(const ClientDriver&) = delete;

  // Call this once. Opens the client by `open_by`, then sends and receives until the connection
  // ends, and aborts the stream. The outcome is that of opening or receiving. Nothing is left
  // running.
  Task<> run(Deadline open_by = kNever);

  // EchoTraffic::next_message() may have a message, or the traffic may be finished: continues
  // sending, on the caller's stack.
  void wake() { may_send_.wake(); }

  // Whether the sender has nothing to do until wake().
  bool is_waiting() const { return may_send_.has_waiter(); }

 private:
  Task<> send();

  Stream& stream_;
  EchoClient& client_;
  EchoTraffic& traffic_;
  Event may_send_;  // or receiving has ended
  bool receiving_over_ = false;
};

}  // namespace echod
