// Buffers lent to the kernel for receives: a provided-buffer ring (io_uring_register_buf_ring(3)),
// refilled from a pool. The kernel picks one only when bytes have arrived, so a waiting connection
// holds none. The kernel cycles through all of them, and few buffers stay in the CPU's cache: so no
// more are lent than about twice as many as were needed at a time lately. A receive that finds none
// is retried when buffers are free again.
#pragma once

#include <cstdint>
#include <vector>

#include "base/chunk.h"
#include "net/kernel.h"
#include "net/uring_compat.h"

namespace echod {

class LentBuffers {
 public:
  static constexpr uint16_t kGroup = 0;   // its name in requests
  static constexpr unsigned kCount = 64;  // lent at once at most, a power of two
  static constexpr unsigned kCountMin = 8;
  static constexpr unsigned kRoundsAssessed = 256;

  // The pool must outlive this.
  explicit LentBuffers(BufferPool& pool) : pool_(pool) {}
  LentBuffers(const LentBuffers&) = delete;
  LentBuffers& operator=(const LentBuffers&) = delete;

  // Takes back all lent buffers. The io_uring must already be closed: only then does the kernel
  // release them.
  ~LentBuffers();

  Result<void> open(io_uring& ring, Kernel& kernel);

  // Buffers lent now.
  unsigned count() const { return count_; }

  // Lends again what was taken, if the pool has it. Call this before each submission.
  void lend();

  // A receive found none: lends twice as many from now on, up to kCount.
  void lend_more();

  // The kernel filled buffer `id` with `size` bytes (0: picked but not used).
  Chunk take(uint32_t id, size_t size);

 private:
  BufferPool& pool_;
  unsigned count_ = 0;
  unsigned count_max_ = kCountMin;     // to lend
  unsigned rounds_ = 0;                // calls of lend() since count_max_ was assessed
  unsigned taken_max_ = 0;             // the most that were taken between two of them
  std::vector<bool> lent_;             // by buffer id
  io_uring_buf_ring* ring_ = nullptr;  // shared with the kernel; mapped by open()
};

}  // namespace echod
