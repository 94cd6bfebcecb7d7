// One limit for all the memory that requests can make the server keep: bodies that are held as a
// whole, coders, windows, messages that are half there. Each connection is small by itself; the
// budget bounds their sum. What every connection has anyway (its frames, one buffer in each
// direction) is bounded by the limit of connections and is not counted.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace echod {

// Shared by all threads. Taken from for large things only, so it is on no hot path.
class MemoryBudget {
 public:
  explicit MemoryBudget(size_t size_max) : size_max_(size_max) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // Takes `size` bytes. False: that would be more than there are, and nothing was taken.
  bool take(size_t size) {
    const size_t size_max = this->size_max();
    size_t used = used_.load(std::memory_order_relaxed);
    do {
      if (size > size_max || used > size_max - size) {
        refusals_.fetch_add(1, std::memory_order_relaxed);
        return false;
      }
    } while (!used_.compare_exchange_weak(used, used + size, std::memory_order_relaxed));
    return true;
  }
  void give_back(size_t size) { used_.fetch_sub(size, std::memory_order_relaxed); }

  size_t used() const { return used_.load(std::memory_order_relaxed); }
  size_t size_max() const { return size_max_.load(std::memory_order_relaxed); }

  // From any thread. What is taken stays taken: while that is more than the new limit, nothing can
  // be taken.
  void set_size_max(size_t size_max) { size_max_.store(size_max, std::memory_order_relaxed); }

  // How often take() returned false.
  uint64_t refusals() const { return refusals_.load(std::memory_order_relaxed); }

 private:
  std::atomic<size_t> size_max_;
  std::atomic<size_t> used_{0};
  std::atomic<uint64_t> refusals_{0};
};

// Bytes of a budget, given back when it goes.
class MemoryLease {
 public:
  // `budget` must outlive it; null: there is no limit.
  explicit MemoryLease(MemoryBudget* budget = nullptr) : budget_(budget) {}
  MemoryLease(MemoryLease&& other) noexcept
      : budget_(other.budget_), size_(std::exchange(other.size_, 0)) {}
  MemoryLease& operator=(MemoryLease&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~MemoryLease() { release(); }

  // Makes it `size` bytes in all, where it is smaller. False: the budget has no more, and the lease
  // is what it was.
  bool grow_to(size_t size) {
    if (budget_ == nullptr || size <= size_) return true;
    if (!budget_->take(size - size_)) return false;
    size_ = size;
    return true;
  }

  void release() noexcept {
    if (size_ > 0) budget_->give_back(std::exchange(size_, 0));
  }

  size_t size() const { return size_; }

 private:
  MemoryBudget* budget_;
  size_t size_ = 0;
};

}  // namespace echod
