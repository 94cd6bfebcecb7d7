// The bounded queue between the threads that produce lines and the one that writes them. Producers
// never wait for that thread: when the queue is full, the oldest line is dropped and counted.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"

namespace echod {

class LineQueue {
 public:
  // `size_max`: lines, at least 1.
  explicit LineQueue(size_t size_max) : slots_(size_max) { ECHOD_CHECK(size_max > 0); }

  // From any thread. Takes a lock that is held only briefly, and allocates nothing.
  void put(std::string line) {
    bool was_empty = false;
    {
      std::lock_guard lock(mutex_);
      was_empty = size_ == 0;
      if (size_ == slots_.size()) {
        advance();
        dropped_.fetch_add(1, std::memory_order_relaxed);
      }
      slots_[(first_ + size_) % slots_.size()].swap(line);  // a dropped line is freed unlocked
      ++size_;
    }
    if (was_empty) filled_.notify_one();
  }

  // Waits for the oldest line; one thread only. Nothing: the queue is closed and empty.
  std::optional<std::string> take() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [this] { return size_ > 0 || closed_; });
    if (size_ == 0) return std::nullopt;
    std::string line = std::exchange(slots_[first_], {});
    advance();
    return line;
  }

  // There will be no more put(); take() returns what is left.
  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    filled_.notify_one();
  }

  // Lines dropped so far.
  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  void advance() {
    first_ = (first_ + 1) % slots_.size();
    --size_;
  }

  std::mutex mutex_;
  std::condition_variable filled_;
  std::vector<std::string> slots_;  // a ring
  size_t first_ = 0;
  size_t size_ = 0;
  bool closed_ = false;
  std::atomic<uint64_t> dropped_{0};
};

}  // namespace echod
