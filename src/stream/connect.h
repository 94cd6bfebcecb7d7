// An outgoing connection: a socket, its Session and the Stream over it, for all clients (the load
// tester, the simulation's clients). It resolves no names: it connects to one address, once, by a
// deadline.
#pragma once

#include <memory>

#include "engine/loop/event_loop.h"
#include "net/endpoint.h"
#include "net/socket_options.h"
#include "stream/session.h"
#include "stream/socket_stream.h"
#include "stream/stream.h"

namespace echod {

struct ConnectOptions {
  ClientOptions socket = {};
  Deadline deadline = kNever;  // only for connecting
};

class ClientStream final : public Stream {
 public:
  // `loop` must outlive it.
  explicit ClientStream(EventLoop& loop)
      : loop_(loop), session_{.clock = loop, .buffers = loop.buffers()} {}
  ClientStream(const ClientStream&) = delete;
  ClientStream& operator=(const ClientStream&) = delete;

  // Call this first, once: creates the socket and connects it to `peer`. Fails with
  // Detail::kNoSocket if no socket could be created (fd() is then -1), with the error of
  // connect(2), or with kTimeout. abort() ends it early.
  Task<> connect(const Endpoint& peer, const ConnectOptions& options);

  // Instead of connect(): takes over a connected socket, which must not block.
  Result<void> adopt(Fd socket);

  // The other functions need a connection, except abort() and expires_at().
  Task<Chunk> receive() override { return stream_->receive(); }
  Task<> send(Chunk chunk) override { return stream_->send(std::move(chunk)); }
  Task<> finish_sending() override { return stream_->finish_sending(); }
  void abort(Error reason) noexcept override {
    if (stream_) stream_->abort(reason);
  }
  void expires_at(Deadline deadline) override {
    if (stream_) stream_->expires_at(deadline);
  }

  // See SocketStream.
  void reset_when_closed() { stream_->reset_when_closed(); }

  // The descriptor; -1 before connect(), and if no socket could be created.
  int fd() const { return stream_ ? stream_->fd() : -1; }

  BufferPool& buffers() { return session_.buffers; }

 private:
  EventLoop& loop_;
  Session session_;
  std::unique_ptr<SocketStream> stream_;  // null before connect(), and if there is no socket
};

}  // namespace echod
