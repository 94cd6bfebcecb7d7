// A Nursery owns tasks that run beside the coroutine that made it (one for each connection of a
// listener, say). Nothing is ever detached: join() is awaited before the nursery goes, and its
// destructor checks that no task is left.
#pragma once

#include <coroutine>
#include <cstddef>

#include "base/check.h"
#include "base/task.h"

namespace echod {

class Nursery final : private TaskOwner {
 public:
  Nursery() = default;
  Nursery(const Nursery&) = delete;
  Nursery& operator=(const Nursery&) = delete;
  ~Nursery() { ECHOD_CHECK(size_ == 0 && joiner_ == nullptr); }

  // Starts `task` now, on this thread; its frame is freed as soon as it ends. What it refers to
  // must outlive it. A task reports its own failures: here its outcome is dropped.
  void spawn(Task<> task) {
    ++size_;
    std::move(task).start_owned(*this);
  }

  // Tasks that have not ended.
  size_t size() const { return size_; }

  struct [[nodiscard]] Join {
    Nursery& nursery;
    bool await_ready() noexcept { return nursery.size_ == 0; }
    void await_suspend(std::coroutine_handle<> joiner) noexcept {
      ECHOD_CHECK(nursery.joiner_ == nullptr);
      nursery.joiner_ = joiner;
    }
    void await_resume() noexcept {}
  };

  // `co_await nursery.join()`: waits until every task has ended, also those spawned meanwhile. It
  // has no deadline: abort what the tasks wait for.
  Join join() { return Join{*this}; }

 private:
  void task_ended(std::coroutine_handle<> frame) noexcept override {
    frame.destroy();
    ECHOD_CHECK(size_ > 0);
    if (--size_ > 0 || joiner_ == nullptr) return;
    std::exchange(joiner_, nullptr).resume();
  }

  size_t size_ = 0;
  std::coroutine_handle<> joiner_ = nullptr;
};

}  // namespace echod
