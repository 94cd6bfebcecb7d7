// Task<T>: a coroutine that yields a T or an Error. Protocol handlers, streams and servers are all
// written as Tasks, in straight lines, and never learn which engine runs them.
//
//   Task<> echo(Stream& peer) {
//     while (Chunk chunk = co_await peer.receive()) co_await peer.send(std::move(chunk));
//     co_await peer.finish_sending();
//   }
//
// Errors travel as values and need no code on their way: `co_await task` yields the T, or, if the
// task failed, fails the awaiting coroutine with the same Error and never resumes it. The frames on
// the way are destroyed, destructors and all, when the observer's expression ends. Look at an error
// where a decision is made:
//
//   Result<Chunk> result = co_await peer.receive().observed();
//
// and raise one by awaiting it:  co_await failed({Errc::kTimeout});  a Result<T> can be awaited
// too. Where there is no memory (std::bad_alloc, also for a frame) a task fails with kNoMemory.
//
// A function that seldom has to wait need not be a coroutine, which costs a frame for each call: it
// does its work at once and returns Task<>::finished(), or else the task of a coroutine that does.
//
// How it works. Tasks are lazy; awaiting one resumes it inline, on the awaiter's stack. A task that
// finishes without suspending gives control back by returning; one that suspended resumes its
// waiter when it ends. The stack is as deep as the calls, not as the iterations, at every
// optimisation level: symmetric transfer would need tail calls, which g++ 12 does not guarantee.
//
// Rules (g++ 12.2 miscompiles more daring shapes; base/task_canary_test.cc keeps watch):
//   - co_await stands in one of four places: its own statement (with co_return or an assignment),
//     `T x = co_await ...`, the condition of a while or if, a by-value function argument;
//   - no "?:" in what is awaited (both branches would be evaluated): give it a name before;
//   - no coroutine lambda captures; no arrays in coroutine frames; no lock across a co_await;
//   - a Task is awaited once, by the coroutine that made it, or given to a Nursery;
//   - a Task is never destroyed while it runs: abort what it waits for, and let it end.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/frame_pool.h"

namespace echod {

template <typename T = void>
class Task;

// Who keeps a task that no coroutine awaits: a Nursery.
class TaskOwner {
 public:
  // The task has ended; its frame is the owner's to destroy.
  virtual void task_ended(std::coroutine_handle<> frame) noexcept = 0;

 protected:
  ~TaskOwner() = default;
};

// What every coroutine of this project has in its frame, whatever it yields.
class PromiseBase {
 public:
  static void* operator new(size_t size) { return allocate_frame(size); }
  static void operator delete(void* frame, size_t size) noexcept { free_frame(frame, size); }

  std::suspend_always initial_suspend() noexcept { return {}; }

  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> ended) noexcept {
      ended.promise().finish();  // may destroy the frame: nothing of it is touched after
    }
    void await_resume() noexcept {}
  };
  FinalAwaiter final_suspend() noexcept { return {}; }

  // Running out of memory is a failure like any other: the coroutine ends with kNoMemory. Nothing
  // else throws; what does is a defect, and ends the process.
  void unhandled_exception() noexcept {
    try {
      throw;
    } catch (const std::bad_alloc&) {
      error_ = Error{.code = Errc::kNoMemory};
      out_of_memory_ = true;
    }
  }

  // Ends this coroutine, suspended for ever where it is, with `error`. May destroy the frame.
  void fail(Error error) noexcept {
    error_ = error;
    end(State::kFailed);
  }

  bool ended() const noexcept { return state_ == State::kDone || state_ == State::kFailed; }
  bool failed() const noexcept { return state_ == State::kFailed; }
  bool running() const noexcept { return state_ == State::kRunning; }
  Error error() const noexcept { return error_; }

  // Runs the coroutine until it first suspends or ends. `waiter` is what to wake if it ends later:
  // resumed, or failed too if this fails and `observed` is false. Without one, ended() tells.
  // Returns whether it ended already; the waiter is then left alone.
  bool start(std::coroutine_handle<> self, PromiseBase* waiter, bool observed) noexcept {
    run(self);
    if (ended()) return true;
    observed_ = observed;
    waiter_ = waiter;
    return false;
  }

  // The same for a task with an owner, which is told of its end, now or later.
  void start_owned(std::coroutine_handle<> self, TaskOwner& owner) noexcept {
    run(self);
    if (ended()) {
      owner.task_ended(self);
    } else {
      owned_ = true;
      owner_ = &owner;
    }
  }

 private:
  enum class State : uint8_t { kLazy, kRunning, kDone, kFailed };

  void run(std::coroutine_handle<> self) noexcept {
    ECHOD_CHECK(state_ == State::kLazy);
    state_ = State::kRunning;
    self_ = self;
    self.resume();
  }

  void finish() noexcept { end(out_of_memory_ ? State::kFailed : State::kDone); }

  void end(State state) noexcept {
    state_ = state;
    if (owned_) {
      owner_->task_ended(self_);
      return;
    }
    PromiseBase* waiter = waiter_;  // null while start() is still on the stack
    if (waiter == nullptr) return;
    if (state == State::kFailed && !observed_) {
      waiter->fail(error_);
    } else {
      waiter->self_.resume();
    }
  }

  std::coroutine_handle<> self_;
  union {
    PromiseBase* waiter_ = nullptr;
    TaskOwner* owner_;  // where owned_
  };
  Error error_;
  State state_ = State::kLazy;
  bool observed_ = false;
  bool owned_ = false;
  bool out_of_memory_ = false;
};

template <typename T>
class Promise final : public PromiseBase {
 public:
  Task<T> get_return_object() noexcept;
  template <typename U>
  void return_value(U&& value) noexcept(std::is_nothrow_constructible_v<T, U>) {
    value_.emplace(std::forward<U>(value));
  }
  T take() noexcept {
    ECHOD_CHECK(value_.has_value());
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class Promise<void> final : public PromiseBase {
 public:
  Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void take() noexcept {}
};

namespace internal {
// What the frame of a finished task points to; never looked into.
struct alignas(std::max_align_t) FinishedFrame {};
inline constinit FinishedFrame finished_frame;
}  // namespace internal

template <typename T>
class [[nodiscard]] Task {
 public:
  using promise_type = Promise<T>;

  // A task that has succeeded already, without a frame. To be awaited, not for a Nursery.
  static Task finished() noexcept
    requires std::is_void_v<T>
  {
    return Task(Frame::from_address(&internal::finished_frame));
  }

  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~Task() {
    if (!frame_ || is_finished(frame_)) return;
    ECHOD_CHECK(!frame_.promise().running());
    frame_.destroy();
  }

  // `co_await task`: the value; a failure fails the awaiting coroutine.
  auto operator co_await() && noexcept { return Awaiter<false>{frame_}; }

  // `co_await task.observed()`: a Result<T>; the awaiting coroutine goes on either way. The Task
  // must outlive the await: use it on a temporary or a local.
  auto observed() noexcept { return Awaiter<true>{frame_}; }

  // For what runs tasks from outside a coroutine (an engine, a test): runs until the first
  // suspension. Then done() tells when it has ended, and result() takes its outcome, once.
  void start() noexcept {
    if (!is_finished(frame_)) frame_.promise().start(frame_, nullptr, true);
  }
  void start_owned(TaskOwner& owner) && noexcept {
    ECHOD_CHECK(!is_finished(frame_));
    Frame frame = std::exchange(frame_, nullptr);  // the owner's from here on
    frame.promise().start_owned(frame, owner);
  }
  bool done() const noexcept { return is_finished(frame_) || frame_.promise().ended(); }
  Result<T> result() noexcept {
    ECHOD_CHECK(done());
    return outcome(frame_);
  }

 private:
  friend promise_type;
  using Frame = std::coroutine_handle<promise_type>;

  explicit Task(Frame frame) noexcept : frame_(frame) {}

  static bool is_finished(Frame frame) noexcept {
    return std::is_void_v<T> && frame.address() == &internal::finished_frame;
  }

  static Result<T> outcome(Frame frame) noexcept {
    if constexpr (std::is_void_v<T>) {
      if (is_finished(frame)) return {};
    }
    promise_type& promise = frame.promise();
    if (promise.failed()) return std::unexpected(promise.error());
    if constexpr (std::is_void_v<T>) {
      return {};
    } else {
      return promise.take();
    }
  }

  template <bool kObserved>
  struct Awaiter {
    Frame frame;

    bool await_ready() noexcept { return is_finished(frame); }

    template <typename WaiterPromise>
    bool await_suspend(std::coroutine_handle<WaiterPromise> waiter) noexcept {
      promise_type& promise = frame.promise();
      if (!promise.start(frame, &waiter.promise(), kObserved)) return true;
      if (!promise.failed() || kObserved) return false;
      waiter.promise().fail(promise.error());  // may destroy the waiter's frame, and this awaiter
      return true;
    }

    auto await_resume() noexcept {
      if constexpr (kObserved) {
        return outcome(frame);
      } else if constexpr (!std::is_void_v<T>) {
        return frame.promise().take();
      }
    }
  };

  Frame frame_;
};

template <typename T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

// `co_await failed(error)`: the awaiting coroutine ends here with `error`.
struct [[nodiscard]] FailedAwaiter {
  Error error;
  bool await_ready() noexcept { return false; }
  template <typename WaiterPromise>
  void await_suspend(std::coroutine_handle<WaiterPromise> waiter) noexcept {
    waiter.promise().fail(error);
  }
  void await_resume() noexcept {}
};
inline FailedAwaiter failed(Error error) noexcept { return FailedAwaiter{error}; }

// `co_await std::move(result)`: the value, or the awaiting coroutine fails with the error.
template <typename T>
struct [[nodiscard]] ResultAwaiter {
  Result<T> result;
  bool await_ready() noexcept { return result.has_value(); }
  template <typename WaiterPromise>
  void await_suspend(std::coroutine_handle<WaiterPromise> waiter) noexcept {
    waiter.promise().fail(result.error());
  }
  T await_resume() noexcept {
    if constexpr (!std::is_void_v<T>) return *std::move(result);
  }
};
template <typename T>
ResultAwaiter<T> operator co_await(Result<T>&& result) noexcept {
  return ResultAwaiter<T>{std::move(result)};
}

}  // namespace echod
