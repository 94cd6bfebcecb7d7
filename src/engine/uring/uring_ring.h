// One io_uring of a UringLoop, with the buffers lent to it and, for the rings beyond the first, a
// table of direct descriptors: sockets that do not use the process's descriptors.
#pragma once

#include <cstdint>
#include <utility>

#include "base/chunk.h"
#include "base/error.h"
#include "engine/loop/socket_handle.h"
#include "engine/uring/lent_buffers.h"
#include "net/fd.h"
#include "net/kernel.h"
#include "net/uring_compat.h"

namespace echod {

class UringRing {
 public:
  // The sizes of its queues and tables.
  struct Size {
    unsigned submissions;  // requests prepared per round; more are submitted early
    unsigned completions;
    unsigned direct_slots = 0;  // slots for direct descriptors
  };

  // `kernel` and `buffers`, from which it lends, must outlive it.
  UringRing(Kernel& kernel, BufferPool& buffers, const Size& size);
  UringRing(const UringRing&) = delete;
  UringRing& operator=(const UringRing&) = delete;
  ~UringRing();

  // Sets it up on the thread that will use it. Fails if the kernel lacks or forbids io_uring, if
  // out of memory, or if the process is out of descriptors.
  Result<void> open();

  // Creates an eventfd that becomes readable when this ring has completions: for a ring on which
  // the thread does not wait.
  Result<void> open_eventfd();
  int eventfd() const { return eventfd_.get(); }
  void clear_eventfd() noexcept;

  // Whether the eventfd was signalled since the last call.
  bool take_signal() { return std::exchange(signalled_, false); }

  io_uring& get() { return ring_; }

  // A request to fill in. Submits the prepared requests first if the queue is full.
  io_uring_sqe* next_sqe();

  // Whether there are prepared requests that are not submitted yet.
  bool has_prepared() { return io_uring_sq_ready(&ring_) > 0; }

  LentBuffers& buffers() { return buffers_; }

  // Reserves a slot for a direct descriptor, if one is free. Call this before an accept: with a
  // full table the kernel drops the accepted connection.
  bool take_slot() {
    if (slots_free_ == 0) return false;
    --slots_free_;
    return true;
  }
  void release_slot() { ++slots_free_; }

 private:
  Kernel& kernel_;
  Size size_;
  io_uring ring_{};
  bool open_ = false;
  Fd eventfd_;
  bool signalled_ = false;
  LentBuffers buffers_;
  unsigned slots_free_;
};

}  // namespace echod
