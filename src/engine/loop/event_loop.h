// The event loop: the common interface of the blocking, epoll and io_uring loops, which completes
// operations. A loop belongs to the thread that runs it; everything but request() is called on that
// thread.
#pragma once

#include <algorithm>
#include <coroutine>
#include <cstdint>

#include "base/chunk.h"
#include "base/timer.h"
#include "engine/loop/heartbeat.h"
#include "engine/loop/operation.h"
#include "engine/worker_cells.h"
#include "net/kernel.h"

namespace echod {

// The shutdown phase of a loop. It only increases.
enum class Phase : uint8_t {
  kServing,
  kStopping,  // as before, but handlers tell clients to open no further connections
  kDraining,  // operations with ends_on_drain (accepts, waits for a next request) end with
              // kDrained; the others go on
  kAborting,  // every operation ends with kAborted
};

// Whether a loop in `phase` ends `operation`, and with which error.
inline bool ends(Phase phase, const Operation& operation) {
  return phase == Phase::kAborting || (phase == Phase::kDraining && operation.ends_on_drain);
}
inline Errc end_of(Phase phase) {
  return phase == Phase::kAborting ? Errc::kAborted : Errc::kDrained;
}

// Large buffers for connections with much traffic (Operation::bulk): few, kept by each loop that
// has used them. If all are in use, an ordinary buffer is used.
inline constexpr BufferPool::Options kBulkBuffers{
    .buffer_size = 128 * 1024, .buffer_count_max = 64, .spare_count_max = 32};

// Adds a pool's buffers to `totals`.
inline void add_buffers(WorkerTotals& totals, const BufferPool& pool) {
  // The two are read one after the other, while the loop goes on.
  const size_t leased = pool.leased();
  const size_t count = std::max(pool.buffer_count(), leased);
  totals.buffers.in_use.add(leased * pool.buffer_size());
  totals.buffers.spare.add((count - leased) * pool.buffer_size());
}

class EventLoop : public Timer {
 public:
  // The system calls of the loop and of its connections: kernel() of the thread that created the
  // loop.
  Kernel& kernel() const noexcept { return kernel_; }

  // Starts `operation`. True: it is already complete. False: it is pending, and a later run_once()
  // will resume its waiter when it is complete. Every operation ends by its deadline, with kTimeout
  // (a sleep: without an error).
  virtual bool start(Operation& operation) = 0;

  // Makes a pending `operation` end with `reason`, in a later run_once(), unless it completes
  // first. Does nothing if the operation is not pending.
  virtual void cancel(Operation& operation, Error reason) = 0;

  // Waits until an operation completes, and resumes its waiter.
  void run_once() { run_once_by(kNever); }

  // The same, but returns by `latest`, with the precision of the system's clock. (A sleep operation
  // is rounded up to the timing wheel's tick.) For a thread with its own schedule. A BlockingLoop,
  // which sleeps in the system call, may return later.
  virtual void run_once_by(Deadline latest) = 0;

  // From any thread: moves the loop to `phase`, unless it is already further.
  virtual void request(Phase phase) = 0;

  virtual Phase phase() const = 0;

  // From any thread: makes the loop's heartbeat move soon, if its thread still gets around. False:
  // this is a BlockingLoop, which cannot be woken; its heartbeat says whether it works.
  virtual bool nudge() noexcept { return false; }

  // Any thread may read it.
  const Heartbeat& heartbeat() const { return heartbeat_; }

  // The buffers for received bytes, and for the output of handlers.
  virtual BufferPool& buffers() = 0;

  // From any thread: adds what the loop has counted, and its buffers.
  virtual void add_to(WorkerTotals& totals) const = 0;

  // `co_await loop.perform(operation)`: starts it and waits for its end; then see outcome(). An
  // operation that already has an error ends at once.
  struct [[nodiscard]] Performing {
    Operation& operation;  // nothing else: every idle connection's frame has one
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

 protected:
  Heartbeat heartbeat_;

 private:
  friend class Socket;

  Kernel& kernel_ = echod::kernel();

  // Registers `socket` for operations; detach() unregisters it.
  virtual Result<void> attach(Socket& socket) = 0;
  virtual void detach(Socket& socket) noexcept = 0;

  // See Socket::send_now(). Without an implementation, all sends are operations.
  virtual Result<void> send_now(Socket&, Chunk&, Deadline) { return {}; }
};

}  // namespace echod
