// A Stream over a socket of an event loop: where a handler's wish becomes an operation.
#pragma once

#include "engine/loop/socket.h"
#include "stream/session.h"
#include "stream/stream.h"

namespace echod {

// How long a connection may keep the server waiting. Zero: for ever.
struct StreamTimeouts {
  Duration idle = Duration::zero();  // for the next bytes

  // For the peer's kernel to acknowledge kStallSize bytes: a peer that does not read. Of a direct
  // descriptor the kernel does not tell, and for kStallSize bytes to be handed over counts.
  Duration stall = Duration::zero();

  // Whether growth is earned: the kernel's receive buffer may grow, and large buffers are used for
  // what waits, only once the peer has taken kTrustedSize bytes. A peer that sends and never reads
  // would else pin megabytes within milliseconds.
  bool growth_earned = false;
};

class SocketStream final : public Stream {
 public:
  // Takes over `handle`, a connected socket, or one that connect() will connect. `loop` and
  // `session` must outlive the stream, and `timeouts` too, which all streams of a server share.
  SocketStream(EventLoop& loop, SocketHandle handle, Session& session,
               const StreamTimeouts& timeouts);
  ~SocketStream() override;  // Checks that no operation is pending, and closes the socket.

  // Registers the socket with its loop; before anything else.
  Result<void> open() { return socket_.attach(); }

  // The destructor will reset the connection instead of closing it in order: it frees what the
  // kernel holds for a peer that was given up on.
  void reset_when_closed() { socket_.reset_when_closed(); }

  // The process's descriptor; -1 where the socket is a direct one.
  int fd() const { return socket_.handle().fd(); }

  // A client's first step after open(): connects to `peer`, or fails, by `deadline`.
  Task<> connect(const Endpoint& peer, Deadline deadline);

  Task<Chunk> receive() override;
  Task<> send(Chunk chunk) override;
  Task<> finish_sending() override;
  void abort(Error reason) noexcept override;
  void expires_at(Deadline deadline) override { deadline_ = deadline; }

  static constexpr size_t kStallSize = 32 * 1024;  // a larger chunk may take longer

  // With growth_earned: bytes received after which the receive buffer is held at its size, before
  // the kernel's first adjustment, so that a connection of small messages pays nothing; and bytes
  // the peer must have taken for it to grow again, far more than its own buffer holds unread.
  static constexpr uint64_t kHoldSize = 32 * 1024;
  static constexpr uint64_t kTrustedSize = 1024 * 1024;

  // When a peer takes nothing for so long, and then twice that, and so on:
  // relieve_receive_buffer(), at most so many times without progress.
  static constexpr Duration kReliefDelay = std::chrono::seconds(1);
  static constexpr int kReliefsMax = 3;

 private:
  struct Progress {
    uint64_t acknowledged;  // bytes, by the peer's kernel
    Time at;
  };

  std::optional<Progress> peer_progress() const;
  bool reads_fast_enough(const Progress& since) const;
  Deadline earlier_of(Duration timeout) const;
  void count_received(size_t size);
  void count_sent(size_t size);

  Socket socket_;
  Session& session_;
  const StreamTimeouts& timeouts_;
  Deadline deadline_ = kNever;
  Operation* receiving_ = nullptr;
  Operation* sending_ = nullptr;
  std::optional<Error> aborted_;
  bool much_ = false;  // the last receive would have filled an ordinary buffer
};

}  // namespace echod
