#include "base/chunk.h"

#include <cstring>
#include <new>

#include "base/memory_faults.h"

namespace echod {
namespace {

thread_local uint64_t copied = 0;

}  // namespace

uint64_t copied_bytes() { return copied; }

void Chunk::give_back() noexcept { pool_->release(buffer_id_); }

std::span<std::byte> Chunk::spare() {
  ECHOD_CHECK(has_buffer());
  std::byte* begin = data_ + size_;
  std::byte* end = pool_->address(buffer_id_) + pool_->buffer_size();
  return {begin, end};
}

void Chunk::grow(size_t size) {
  ECHOD_CHECK(size <= spare().size());
  size_ += static_cast<uint32_t>(size);
}

void Chunk::append(std::span<const std::byte> bytes) {
  std::span<std::byte> room = spare();
  ECHOD_CHECK(bytes.size() <= room.size());
  if (bytes.empty()) return;
  std::memcpy(room.data(), bytes.data(), bytes.size());
  copied += bytes.size();
  size_ += static_cast<uint32_t>(bytes.size());
}

void Chunk::keep_front(size_t count) {
  ECHOD_CHECK(count <= size_);
  size_ = static_cast<uint32_t>(count);
}

BufferPool::BufferPool(const Options& options) : options_(options) {
  ECHOD_CHECK(options.buffer_size > 0 && options.buffer_count_max <= 1 << 16);
  spare_ids_.reserve(options.spare_count_max);
}

BufferPool::~BufferPool() { ECHOD_CHECK(leased() == 0); }

Result<Chunk> BufferPool::lease() {
  std::optional<uint32_t> id = acquire();
  if (!id) return failure(Errc::kNoMemory);
  return wrap(*id, 0);
}

std::optional<uint32_t> BufferPool::acquire() {
  if (memory_refused()) return std::nullopt;
  if (!spare_ids_.empty()) {
    uint32_t id = spare_ids_.back();
    spare_ids_.pop_back();
    leased_.add(1);
    return id;
  }
  if (leased() == options_.buffer_count_max) return std::nullopt;
  std::unique_ptr<std::byte[]> buffer(new (std::nothrow) std::byte[options_.buffer_size]);
  if (!buffer || (vacant_ids_.empty() && !add_vacant_id())) return std::nullopt;
  uint32_t id = vacant_ids_.back();
  vacant_ids_.pop_back();
  buffers_[id] = std::move(buffer);
  count_.add(1);
  leased_.add(1);
  return id;
}

// Returns whether there was memory for it.
bool BufferPool::add_vacant_id() noexcept {
  try {
    if (buffers_.size() == buffers_.capacity()) buffers_.reserve(2 * buffers_.size() + 8);
    vacant_ids_.reserve(buffers_.capacity());  // release() must not allocate
  } catch (const std::bad_alloc&) {
    return false;
  }
  vacant_ids_.push_back(static_cast<uint32_t>(buffers_.size()));
  buffers_.emplace_back();
  return true;
}

Chunk BufferPool::wrap(uint32_t buffer_id, size_t size) {
  ECHOD_CHECK(buffer_id < buffers_.size() && size <= options_.buffer_size);
  return Chunk(this, address(buffer_id), static_cast<uint32_t>(size), buffer_id);
}

void BufferPool::release(uint32_t buffer_id) noexcept {
  ECHOD_CHECK(leased() > 0);
  leased_.subtract(1);
  if (spare_ids_.size() < options_.spare_count_max) {
    spare_ids_.push_back(buffer_id);
  } else {
    buffers_[buffer_id].reset();
    count_.subtract(1);
    vacant_ids_.push_back(buffer_id);
  }
}

}  // namespace echod
