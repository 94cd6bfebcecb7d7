// A connected or listening socket on its way to an owner: a descriptor of the process or, beyond
// what the process may have of those, a slot in a table of an io_uring (a direct descriptor).
#pragma once

#include <cstdint>
#include <utility>

#include "net/fd.h"

namespace echod {

// Where a direct descriptor is: a place in the table of one of its loop's rings.
struct DirectSlot {
  uint16_t ring = 0;
  uint32_t index = 0;
};

// Whose tables they are: an event loop. On its thread alone; what fails is not reported, as the
// next operation on the socket tells.
class DirectSockets {
 public:
  virtual void close_direct(DirectSlot slot) noexcept = 0;
  virtual void shut_down_direct(DirectSlot slot) noexcept = 0;

  // setsockopt(2); `value` must stay where it is for ever.
  virtual void set_direct_option(DirectSlot slot, int level, int name, const void* value,
                                 uint32_t size) noexcept = 0;

 protected:
  ~DirectSockets() = default;
};

// Whoever holds the SocketHandle closes it, once.
class SocketHandle {
 public:
  SocketHandle() = default;
  SocketHandle(Fd fd) : fd_(std::move(fd)) {}  // NOLINT: a descriptor is the usual handle
  SocketHandle(DirectSockets& owner, DirectSlot slot) : owner_(&owner), slot_(slot) {}
  SocketHandle(SocketHandle&& other) noexcept
      : fd_(std::move(other.fd_)),
        owner_(std::exchange(other.owner_, nullptr)),
        slot_(other.slot_) {}
  SocketHandle& operator=(SocketHandle&& other) noexcept {
    SocketHandle taken(std::move(other));
    std::swap(fd_, taken.fd_);
    std::swap(owner_, taken.owner_);
    std::swap(slot_, taken.slot_);
    return *this;
  }
  ~SocketHandle() { close(); }

  bool valid() const { return fd_.valid() || is_direct(); }
  bool is_direct() const { return owner_ != nullptr; }

  // The process's descriptor; -1 where there is none.
  int fd() const { return fd_.get(); }
  const Fd& descriptor() const { return fd_; }

  // Where a direct one is.
  DirectSlot slot() const { return slot_; }

  // What a Socket can ask for, see there.
  void shut_down_sending() noexcept;
  void reset_when_closed() noexcept;
  void hold_receive_buffer(bool hold) noexcept;

  void close() noexcept {
    fd_.close();
    if (owner_ != nullptr) std::exchange(owner_, nullptr)->close_direct(slot_);
  }

 private:
  Fd fd_;
  DirectSockets* owner_ = nullptr;
  DirectSlot slot_;
};

}  // namespace echod
