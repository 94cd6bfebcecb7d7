// How an operation completes: the one interface of blocking, epoll and io_uring loops. A loop
// belongs to one thread, which runs it; everything but request() is called on that thread.
#pragma once

#include <coroutine>
#include <cstdint>

#include "base/chunk.h"
#include "base/timer.h"
#include "engine/loop/operation.h"
#include "net/kernel.h"

namespace echod {

// How far a loop is on its way to the end. It only goes up.
enum class Phase : uint8_t {
  kServing,
  kStopping,  // as before, but whoever serves tells its clients to open no further connections
  kDraining,  // operations that ask for it (accepts, waits for a next request) end with kDrained,
              // the others go on
  kAborting,  // every operation ends with kAborted
};

// Whether a loop in `phase` ends `operation`, and with which error.
inline bool ends(Phase phase, const Operation& operation) {
  return phase == Phase::kAborting || (phase == Phase::kDraining && operation.ends_on_drain);
}
inline Errc end_of(Phase phase) {
  return phase == Phase::kAborting ? Errc::kAborted : Errc::kDrained;
}

// Large buffers for connections that move much (Operation::bulk): few, kept by each loop that has
// had use for them. Where they are all taken an ordinary one has to do.
inline constexpr BufferPool::Options kBulkBuffers{
    .buffer_size = 128 * 1024, .buffer_count_max = 64, .spare_count_max = 32};

class EventLoop : public Timer {
 public:
  // The system calls of the loop and of what it serves: those of the thread that makes the loop.
  Kernel& kernel() const noexcept { return kernel_; }

  // Begins `operation`. True: it is complete already. False: it is pending, and its waiter will be
  // resumed by a later run_once() when it is complete. Every operation ends by its deadline, with
  // kTimeout (a sleep: without an error).
  virtual bool start(Operation& operation) = 0;

  // Makes a pending `operation` end with `reason`, in a later run_once(), unless it completes
  // first. An operation that is not pending is left alone.
  virtual void cancel(Operation& operation, Error reason) = 0;

  // Waits until something completes, and resumes whoever waited for it.
  void run_once() { run_once_by(kNever); }

  // The same, but returns at `latest` at the latest, to the precision of the system's clock, which
  // a sleep, rounded up to the timing wheel's tick, does not have. For a thread with a schedule of
  // its own. A BlockingLoop, which sleeps in the call itself, may overstay.
  virtual void run_once_by(Deadline latest) = 0;

  // From any thread: moves the loop to `phase`, or leaves it where it is if it is further already.
  virtual void request(Phase phase) = 0;

  virtual Phase phase() const = 0;

  // Where received bytes are put, and where handlers lease buffers for what they write.
  virtual BufferPool& buffers() = 0;

  // `co_await loop.perform(operation)`: starts it and waits for its end; then see outcome(). One
  // that has an error already is over.
  struct [[nodiscard]] Performing {
    Operation& operation;  // and no more: every idle connection's frame has one
    bool await_ready() noexcept { return operation.state == Operation::State::kComplete; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept { operation.waiter = waiter; }
    void await_resume() noexcept {}
  };
  Performing perform(Operation& operation) {
    if (operation.error || start(operation)) operation.state = Operation::State::kComplete;
    return Performing{operation};
  }

  Task<> sleep_until(Time until) override {
    Operation operation = Operation::sleep(until);
    co_await perform(operation);
    co_await operation.outcome();
  }

 private:
  friend class Socket;

  Kernel& kernel_ = echod::kernel();

  // Makes `socket` ready for operations, or no longer; on detach the loop forgets it.
  virtual Result<void> attach(Socket& socket) = 0;
  virtual void detach(Socket& socket) noexcept = 0;
};

}  // namespace echod
