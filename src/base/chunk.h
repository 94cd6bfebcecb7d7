// Bytes travel as Chunks: move-only leases of a pool's buffers. Moving a Chunk into Stream::send is
// the only way to write, so a kernel operation in flight always owns its bytes, and nothing is
// copied between receiving and sending. A connection that waits for its peer holds no Chunk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cell.h"
#include "base/check.h"
#include "base/error.h"

namespace echod {

class BufferPool;

// A lease of one buffer and the part of it that holds bytes. An empty Chunk (of size 0) is false
// and may hold a buffer or none; the buffer returns to its pool when the Chunk is destroyed.
class [[nodiscard]] Chunk {
 public:
  Chunk() = default;
  Chunk(Chunk&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        buffer_id_(other.buffer_id_) {}
  Chunk& operator=(Chunk&& other) noexcept {
    Chunk taken(std::move(other));
    std::swap(pool_, taken.pool_);
    std::swap(data_, taken.data_);
    std::swap(size_, taken.size_);
    std::swap(buffer_id_, taken.buffer_id_);
    return *this;
  }
  ~Chunk() {
    if (pool_ != nullptr) give_back();
  }

  explicit operator bool() const { return size_ > 0; }
  size_t size() const { return size_; }
  const std::byte* data() const { return data_; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }

  // For changing bytes in place: this lease is the only one on them.
  std::span<std::byte> mutable_bytes() { return {data_, size_}; }

  // Whether it holds a buffer, with bytes in it or not.
  bool has_buffer() const { return pool_ != nullptr; }

  // Room behind the bytes, to be filled and then taken in with grow().
  std::span<std::byte> spare();
  void grow(size_t size);

  // Copies `bytes` behind those it has; they must fit in spare(). Counted in copied_bytes().
  void append(std::span<const std::byte> bytes);
  void append(std::string_view text) { append(std::as_bytes(std::span(text))); }

  // Drops `count` <= size() bytes at the front, or keeps only the first `count`.
  void drop_front(size_t count) {
    ECHOD_CHECK(count <= size_);
    data_ += count;
    size_ -= static_cast<uint32_t>(count);
  }
  void keep_front(size_t count);

 private:
  friend class BufferPool;
  void give_back() noexcept;
  Chunk(BufferPool* pool, std::byte* data, uint32_t size, uint32_t buffer_id)
      : pool_(pool), data_(data), size_(size), buffer_id_(buffer_id) {}

  BufferPool* pool_ = nullptr;
  std::byte* data_ = nullptr;
  uint32_t size_ = 0;
  uint32_t buffer_id_ = 0;
};

// Bytes this thread has copied with Chunk::append since it started, for tests of zero copy.
uint64_t copied_bytes();

// Buffers of one size for one thread, made on demand up to a limit and kept for the next lease,
// most recently used first (its memory is still in the cache). Not thread-safe: each event loop has
// one.
class BufferPool {
 public:
  struct Options {
    uint32_t buffer_size = 30 * 1024;     // bytes in each buffer
    uint32_t buffer_count_max = 1 << 16;  // leases at any time; ids fit in 16 bits for io_uring
    uint32_t spare_count_max = 64;        // unleased buffers kept; more are freed
  };

  explicit BufferPool(const Options& options);
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();  // Checks that every lease has come back.

  // An empty Chunk that holds a buffer; kNoMemory when the limit is reached or memory is out.
  Result<Chunk> lease();

  // The two halves of lease(), for an engine that lends buffers to the kernel: acquire() takes a
  // buffer, which must come back through release() or in a Chunk from wrap().
  std::optional<uint32_t> acquire();
  std::byte* address(uint32_t buffer_id) { return buffers_[buffer_id].get(); }
  Chunk wrap(uint32_t buffer_id, size_t size);
  void release(uint32_t buffer_id) noexcept;

  size_t buffer_size() const { return options_.buffer_size; }
  size_t buffer_count_max() const { return options_.buffer_count_max; }

  // From any thread: how many buffers are leased, and how many there are with the spare ones.
  size_t leased() const { return leased_.value(); }
  size_t buffer_count() const { return count_.value(); }

 private:
  friend class Chunk;

  bool add_vacant_id() noexcept;

  Options options_;
  std::vector<std::unique_ptr<std::byte[]>> buffers_;  // by id; null: freed, the id is vacant
  std::vector<uint32_t> spare_ids_;                    // with a buffer, ready to lease
  std::vector<uint32_t> vacant_ids_;                   // without one
  Cell leased_;
  Cell count_;  // of buffers, leased or spare
};

}  // namespace echod
