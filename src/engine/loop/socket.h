// A connected or listening socket that belongs to an event loop.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "engine/loop/event_loop.h"
#include "engine/loop/socket_handle.h"
#include "net/socket_options.h"

namespace echod {

class Socket {
 public:
  // Takes ownership of `handle`. attach() must succeed before any operation.
  Socket(EventLoop& loop, SocketHandle handle) : loop_(loop), handle_(std::move(handle)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { close(); }

  // Marks a listening socket as shared with other processes (Listener::shared); before attach().
  void set_shared() { shared_ = true; }
  bool shared() const { return shared_; }

  // Registers it with its loop. Fails if the kernel is out of memory.
  Result<void> attach() {
    Result<void> result = loop_.attach(*this);
    attached_ = result.has_value();
    return result;
  }

  // Closes it. No operation may be pending.
  void close() noexcept {
    if (attached_) loop_.detach(*this);
    attached_ = false;
    handle_.close();
  }

  // Sends what the kernel takes of `chunk` at once, without an operation, and drops it from the
  // front of the chunk. What is left needs an operation, which also ends at its deadline or when
  // the loop aborts, and lets others have their turn: where it would, this takes nothing. No send
  // may be pending. Fails as the operation would.
  Result<void> send_now(Chunk& chunk, Deadline deadline) {
    return loop_.send_now(*this, chunk, deadline);
  }

  // Tells the peer that nothing more will be sent (FIN). It may fail if the peer has disconnected;
  // the next operation then reports that.
  void shut_down_sending() noexcept { handle_.shut_down_sending(); }

  // Makes the close a reset: see reset_on_close().
  void reset_when_closed() noexcept { handle_.reset_when_closed(); }

  // Fixes the size of the receive buffer, or not: see hold_receive_buffer().
  void hold_receive_buffer(bool hold) noexcept { handle_.hold_receive_buffer(hold); }

  // For a peer that has taken nothing for a while: see relieve_receive_buffer().
  bool relieve_receive_buffer() noexcept { return handle_.relieve_receive_buffer(); }

  EventLoop& loop() { return loop_; }
  const SocketHandle& handle() const { return handle_; }

  // The process's descriptor; for a direct descriptor (UringLoop only), its index in its table.
  int fd() const { return handle_.number(); }

  // For UringLoop: whether the last receive took all there was, so that trying the next one before
  // it is readable again would be in vain.
  bool emptied() const { return emptied_; }
  void set_emptied(bool emptied) { emptied_ = emptied; }

  // For EpollLoop: the index of its state for this socket.
  uint32_t slot() const { return slot_; }
  void set_slot(uint32_t slot) { slot_ = slot; }

 private:
  EventLoop& loop_;
  SocketHandle handle_;
  bool attached_ = false;
  bool shared_ = false;
  bool emptied_ = false;
  uint32_t slot_ = 0;
};
static_assert(sizeof(Socket) == 32);  // every connection has one

}  // namespace echod
