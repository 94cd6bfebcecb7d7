// A connected or listening socket that belongs to an event loop.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "engine/event_loop.h"
#include "net/fd.h"
#include "net/socket_options.h"

namespace echod {

class Socket {
 public:
  // Takes over `fd`. attach() must succeed before any operation.
  Socket(EventLoop& loop, Fd fd) : loop_(loop), fd_(std::move(fd)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { close(); }

  // Registers it with its loop. Fails when the kernel is out of memory for it.
  Result<void> attach() {
    Result<void> result = loop_.attach(*this);
    attached_ = result.has_value();
    return result;
  }

  // Closes it. No operation may be pending.
  void close() noexcept {
    if (attached_) loop_.detach(*this);
    attached_ = false;
    fd_.close();
  }

  // Tells the peer that nothing more will be sent (FIN). It may fail where the peer is gone
  // already, which the next operation then says.
  void shut_down_sending() noexcept;

  // Makes the close a reset: see reset_on_close().
  void reset_when_closed() noexcept { reset_on_close(fd_.get()); }

  // Whether the kernel leaves the receive buffer as large as it is: see hold_receive_buffer().
  void hold_receive_buffer(bool hold) noexcept { echod::hold_receive_buffer(fd_.get(), hold); }

  EventLoop& loop() { return loop_; }
  int fd() const { return fd_.get(); }

  // The loop's own: what it knows of this socket.
  uint32_t slot = 0;                // EpollLoop
  uint32_t receive_timeout_ms = 0;  // BlockingLoop: as set now, 0 for none
  uint32_t send_timeout_ms = 0;

 private:
  EventLoop& loop_;
  Fd fd_;
  bool attached_ = false;
};

}  // namespace echod
