// Buffers lent to the kernel for receives: a provided-buffer ring (io_uring_register_buf_ring(3)),
// refilled from a pool. The kernel picks one only when bytes have arrived, so a waiting connection
// holds none. They are few, because the kernel cycles through all of them, and few buffers stay in
// the CPU's cache. A receive that finds none is retried when buffers are free again.
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
  static constexpr unsigned kCount = 64;  // lent at once, a power of two

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

  // Lends as many as the pool has, up to kCount. Call this before each submission.
  void lend();

  // The kernel filled buffer `id` with `size` bytes (0: picked but not used).
  Chunk take(uint32_t id, size_t size);

 private:
  BufferPool& pool_;
  unsigned count_ = 0;
  std::vector<bool> lent_;             // by buffer id
  io_uring_buf_ring* ring_ = nullptr;  // shared with the kernel; mapped by open()
};

}  // namespace echod
