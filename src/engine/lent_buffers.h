// Buffers lent to the kernel for receives: a provided-buffer ring (io_uring_register_buf_ring(3)),
// topped up from a pool. The kernel picks one only when bytes are there, so a connection that waits
// holds none. Starts small, because each lent buffer is memory that gets touched, and doubles when
// the kernel runs out between two rounds.
#pragma once

#include <cstdint>
#include <vector>

#include "base/chunk.h"
#include "engine/uring_compat.h"

namespace echod {

class LentBuffers {
 public:
  // `group` names the ring in requests. `count_max`, a power of two, is its size; the pool must
  // outlive this.
  LentBuffers(BufferPool& pool, uint16_t group, unsigned count_min, unsigned count_max);
  LentBuffers(const LentBuffers&) = delete;
  LentBuffers& operator=(const LentBuffers&) = delete;

  // Takes back what was lent. The io_uring must be gone: with it the kernel lets go.
  ~LentBuffers();

  Result<void> open(io_uring& ring);

  uint16_t group() const { return group_; }

  // Lends as many as are to be lent and the pool has; before each submission.
  void lend();

  // The kernel filled buffer `id` with `size` bytes (0: picked it in vain).
  Chunk take(uint32_t id, size_t size);

  // The kernel ran out: lends twice as many from now on. Returns whether any is lent now.
  bool lend_more();

 private:
  BufferPool& pool_;
  uint16_t group_;
  unsigned count_max_;
  unsigned target_;
  unsigned count_ = 0;
  std::vector<bool> lent_;             // by buffer id
  io_uring_buf_ring* ring_ = nullptr;  // shared with the kernel; mapped by open()
};

}  // namespace echod
