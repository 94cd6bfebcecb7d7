// A Nursery owns tasks that run beside the coroutine that made it (one for each connection of a
// listener, say). Nothing is ever detached: join() is awaited before the nursery goes, and its
// destructor checks that no task is left.
#pragma once

#include <coroutine>
#include <cstddef>

#include "base/check.h"
#include "base/task.h"

namespace echod {

class Nursery {
 public:
  Nursery() = default;
  Nursery(const Nursery&) = delete;
  Nursery& operator=(const Nursery&) = delete;
  ~Nursery() { ECHOD_CHECK(size_ == 0 && joiner_ == nullptr); }

  // Starts `task` now, on this thread; its frame is freed as soon as it ends. What it refers to
  // must outlive it. A task reports its own failures: here its outcome is dropped.
  void spawn(Task<> task) { run_child(*this, std::move(task)); }

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
  // The frame around a task, which frees itself at the end.
  struct Child {
    struct promise_type : PromiseBase {
      Child get_return_object() noexcept {
        adopt(std::coroutine_handle<promise_type>::from_promise(*this));
        return {};
      }
      std::suspend_never initial_suspend() noexcept { return {}; }
      std::suspend_never final_suspend() noexcept { return {}; }
      void return_void() noexcept {}
    };
  };

  static Child run_child(Nursery& nursery, Task<> task) {
    ++nursery.size_;
    co_await task.observed();
    {
      Task<> ended = std::move(task);
    }  // frees the task's frame before the joiner may look
    nursery.child_ended();
  }

  void child_ended() {
    ECHOD_CHECK(size_ > 0);
    if (--size_ > 0 || joiner_ == nullptr) return;
    std::exchange(joiner_, nullptr).resume();
  }

  size_t size_ = 0;
  std::coroutine_handle<> joiner_ = nullptr;
};

}  // namespace echod
