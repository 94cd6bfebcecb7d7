// Owns a connected or listening socket: a descriptor of the process or, beyond the process's
// descriptor limit, a slot in a table of an io_uring (a direct descriptor).
#pragma once

#include <cstdint>
#include <utility>

#include "net/fd.h"

namespace echod {

// A direct descriptor: a slot in the table of one of its loop's rings.
struct DirectSlot {
  uint16_t ring = 0;
  uint32_t index = 0;

  friend bool operator==(const DirectSlot&, const DirectSlot&) = default;
};

// The owner of the tables: an event loop. Called only on its thread. Errors are not reported here:
// the next operation on the socket fails.
class DirectSockets {
 public:
  virtual void close_direct(DirectSlot slot) noexcept = 0;
  virtual void shut_down_direct(DirectSlot slot) noexcept = 0;

  // setsockopt(2); `value` must have static storage.
  virtual void set_direct_option(DirectSlot slot, int level, int name, const void* value,
                                 uint32_t size) noexcept = 0;

 protected:
  ~DirectSockets() = default;
};

// The SocketHandle closes its socket once. 16 bytes: every connection has one.
class SocketHandle {
 public:
  SocketHandle() = default;
  SocketHandle(Fd fd)
      : number_(fd.release()) {}  // NOLINT: implicit, since most handles are descriptors
  SocketHandle(DirectSockets& owner, DirectSlot slot)
      : owner_(&owner), number_(static_cast<int>(slot.index)), ring_(slot.ring) {}
  SocketHandle(SocketHandle&& other) noexcept
      : owner_(std::exchange(other.owner_, nullptr)),
        number_(std::exchange(other.number_, -1)),
        ring_(other.ring_) {}
  SocketHandle& operator=(SocketHandle&& other) noexcept {
    SocketHandle taken(std::move(other));
    std::swap(owner_, taken.owner_);
    std::swap(number_, taken.number_);
    std::swap(ring_, taken.ring_);
    return *this;
  }
  ~SocketHandle() { close(); }

  bool valid() const { return number_ >= 0; }
  bool is_direct() const { return owner_ != nullptr; }

  // The process's descriptor; -1 for a direct descriptor.
  int fd() const { return is_direct() ? -1 : number_; }

  // The slot of a direct descriptor.
  DirectSlot slot() const { return {.ring = ring_, .index = static_cast<uint32_t>(number_)}; }

  // The ring of the socket, and its number there: the descriptor, or the index in the ring's table.
  uint16_t ring() const { return ring_; }
  int number() const { return number_; }

  // See Socket.
  void shut_down_sending() noexcept;
  void reset_when_closed() noexcept;
  void hold_receive_buffer(bool hold) noexcept;
  bool relieve_receive_buffer() noexcept;

  void close() noexcept;

 private:
  DirectSockets* owner_ = nullptr;  // of a direct one
  int number_ = -1;
  uint16_t ring_ = 0;
};

}  // namespace echod
