#include "engine/uring/lent_buffers.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/check.h"

namespace echod {
namespace {

constexpr size_t kRingBytes = LentBuffers::kCount * sizeof(io_uring_buf);

}  // namespace

LentBuffers::~LentBuffers() {
  if (ring_ != nullptr) ::munmap(ring_, kRingBytes);
  for (uint32_t id = 0; id < lent_.size(); ++id) {
    if (lent_[id]) pool_.release(id);
  }
}

Result<void> LentBuffers::open(io_uring& ring, Kernel& kernel) {
  lent_.resize(pool_.buffer_count_max());  // lend() must not allocate
  void* memory =
      ::mmap(nullptr, kRingBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return std::unexpected(os_failure(errno));
  ring_ = static_cast<io_uring_buf_ring*>(memory);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uint64_t>(memory);
  registration.ring_entries = kCount;
  registration.bgid = kGroup;
  if (int result = kernel.uring_register_buf_ring(&ring, &registration); result < 0) {
    return std::unexpected(os_failure(-result));
  }
  io_uring_buf_ring_init(ring_);
  return {};
}

void LentBuffers::lend() {
  taken_max_ = std::max(taken_max_, count_max_ - std::min(count_, count_max_));
  if (++rounds_ == kRoundsAssessed) {
    if (taken_max_ < count_max_ / 4) count_max_ = std::max(count_max_ / 2, kCountMin);
    rounds_ = taken_max_ = 0;
  }
  int added = 0;
  while (count_ < count_max_) {
    std::optional<uint32_t> id = pool_.acquire();
    if (!id) break;
    io_uring_buf_ring_add(ring_, pool_.address(*id), static_cast<unsigned>(pool_.buffer_size()),
                          static_cast<unsigned short>(*id), io_uring_buf_ring_mask(kCount),
                          added++);
    lent_[*id] = true;
    ++count_;
  }
  if (added > 0) io_uring_buf_ring_advance(ring_, added);
}

void LentBuffers::lend_more() {
  count_max_ = std::min(2 * count_max_, kCount);
  rounds_ = taken_max_ = 0;
  lend();
}

Chunk LentBuffers::take(uint32_t id, size_t size) {
  ECHOD_CHECK(lent_[id] && count_ > 0);
  lent_[id] = false;
  --count_;
  return pool_.wrap(id, size);
}

}  // namespace echod
