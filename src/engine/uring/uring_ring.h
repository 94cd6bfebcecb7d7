// One io_uring of a UringLoop, with the buffers lent to it and, for the rings beyond the first, a
// table of direct descriptors: sockets that are none of the process's descriptors.
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
  // How large it is.
  struct Size {
    unsigned submissions;  // prepared between two rounds; more are submitted early
    unsigned completions;
    unsigned direct_slots = 0;  // places for direct descriptors
  };

  // The kernel, and the pool, whose buffers it lends, must outlive it.
  UringRing(Kernel& kernel, BufferPool& buffers, const Size& size);
  UringRing(const UringRing&) = delete;
  UringRing& operator=(const UringRing&) = delete;
  ~UringRing();

  // Sets it up on the thread that will use it. Fails where the kernel lacks or forbids io_uring, is
  // out of memory, or the process out of descriptors.
  Result<void> open();

  // Makes an eventfd that becomes readable when this ring has work for its thread: for a ring that
  // is not itself waited on.
  Result<void> open_news();
  int news() const { return news_.get(); }
  void clear_news() noexcept;

  // Whether the eventfd said so since the last call.
  bool take_news() { return std::exchange(has_news_, false); }

  io_uring& get() { return ring_; }

  // A request to fill in. Submits what was prepared where there is no room.
  io_uring_sqe* next_sqe();

  // Whether requests wait for being submitted.
  bool has_prepared() { return io_uring_sq_ready(&ring_) > 0; }

  LentBuffers& buffers() { return buffers_; }

  // Places left for direct descriptors. Whoever is about to fill one takes it first: a table that
  // is full drops what was accepted.
  bool take_slot() {
    if (slots_free_ == 0) return false;
    --slots_free_;
    return true;
  }
  void give_slot_back() { ++slots_free_; }

 private:
  Kernel& kernel_;
  Size size_;
  io_uring ring_{};
  bool open_ = false;
  Fd news_;
  bool has_news_ = false;
  LentBuffers buffers_;
  unsigned slots_free_;
};

}  // namespace echod
