// A Stream over a socket of an event loop: turns a handler's calls into operations.
#pragma once

#include "engine/loop/socket.h"
#include "stream/session.h"
#include "stream/stream.h"

namespace echod {

// How long a connection may keep the server waiting. Zero: no limit.
struct StreamTimeouts {
  Duration idle = Duration::zero();  // for the next bytes

  // Maximum time for the peer's kernel to acknowledge kStallSize bytes: detects a peer that does
  // not read. For a direct descriptor, which cannot be queried, handing kStallSize bytes to the
  // kernel counts instead.
  Duration stall = Duration::zero();

  // Whether growth is earned: only after the peer has taken kTrustedSize bytes may the kernel's
  // receive buffer grow, and are large buffers used for pending input. Otherwise a peer that sends
  // and never reads would pin megabytes within milliseconds.
  bool growth_earned = false;
};

class SocketStream final : public Stream {
 public:
  // Takes ownership of `handle`, a connected socket, or one that connect() will connect. `loop`,
  // `session` and `timeouts` (shared by all streams of a server) must outlive the stream.
  SocketStream(EventLoop& loop, SocketHandle handle, Session& session,
               const StreamTimeouts& timeouts);
  ~SocketStream() override;  // Checks that no operation is pending, and closes the socket.

  // Registers the socket with its loop; call this first.
  Result<void> open() { return socket_.attach(); }

  // Makes the destructor reset the connection instead of closing it gracefully: this frees the
  // kernel's buffers for an unresponsive peer.
  void reset_when_closed() { socket_.reset_when_closed(); }

  // The process's descriptor; -1 for a direct descriptor.
  int fd() const { return socket_.handle().fd(); }

  // A client's first step after open(): connects to `peer`, or fails, by `deadline`.
  Task<> connect(const Endpoint& peer, Deadline deadline);

  Task<Chunk> receive() override;
  Task<> send(Chunk chunk) override;
  Task<> finish_sending() override;
  void abort(Error reason) noexcept override;
  void expires_at(Deadline deadline) override { deadline_ = deadline; }

  static constexpr size_t kStallSize = 32 * 1024;  // a larger chunk may take longer

  // With growth_earned: after kHoldSize received bytes the receive buffer is fixed at its size,
  // before the kernel's first adjustment, so that a connection of small messages pays nothing. It
  // may grow again once the peer has taken kTrustedSize bytes, far more than its own buffer holds
  // unread.
  static constexpr uint64_t kHoldSize = 32 * 1024;
  static constexpr uint64_t kTrustedSize = 1024 * 1024;

  // If a peer takes nothing for this long (doubled each time): relieve_receive_buffer(), at most
  // kReliefsMax times without progress.
  static constexpr Duration kReliefDelay = std::chrono::seconds(1);
  static constexpr int kReliefsMax = 3;

 private:
  struct Progress {
    uint64_t acknowledged;  // bytes, by the peer's kernel
    Time at;
  };

  Task<> send_waiting(Chunk chunk, size_t size);
  static Task<> fail(Error error);
  std::optional<Progress> peer_progress() const;
  bool reads_fast_enough(const Progress& since) const;
  Deadline earlier_of(Duration timeout) const;
  void count_received(size_t size);
  void count_sent(size_t size);

  Socket socket_;
  Session& session_;
  Deadline deadline_ = kNever;
  Operation* receiving_ = nullptr;
  Operation* sending_ = nullptr;
  std::optional<Error> aborted_;
  bool much_ = false;  // the last receive filled an ordinary buffer
};

}  // namespace echod
