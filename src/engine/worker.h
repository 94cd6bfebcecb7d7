// Worker: what a thread that serves connections has and hands to everything that it serves: its
// event loop with its buffers and its kernel, a source of chance, counters, and how far the server
// is on its way to its end. One thread uses a Worker; nothing of it is shared on the data path.
//
// A WorkerSet is all workers of an engine, wherever they run: it tells them to drain, and adds up
// what they counted.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "engine/loop/event_loop.h"

namespace echod {

class Worker;

// A counter that one thread writes, without a locked instruction, and any thread may read.
class Cell {
 public:
  void add(uint64_t count) {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// What a worker counts, since its start.
struct WorkerCells {
  Cell connections;  // begun
};

// Thread-safe.
class WorkerSet {
 public:
  // What its workers draw comes from `seed`.
  explicit WorkerSet(uint64_t seed = 1) : seed_(seed) {}
  WorkerSet(const WorkerSet&) = delete;
  WorkerSet& operator=(const WorkerSet&) = delete;
  ~WorkerSet() { ECHOD_CHECK(workers_.empty()); }

  // Moves every worker's loop to `phase`, and those that join later.
  void request(Phase phase);
  Phase phase() const;

  // Connections begun since the start, also by workers that have left.
  uint64_t connections() const;

 private:
  friend class Worker;

  // Connection numbers that a worker takes at once, at most.
  static constexpr uint64_t kNumbersMax = 64;

  // Returns the worker's seed.
  uint64_t join(Worker& worker);
  void leave(Worker& worker) noexcept;

  // The first of `count` connection numbers that nobody else gets.
  uint64_t take_numbers(uint64_t count) {
    return numbers_taken_.fetch_add(count, std::memory_order_relaxed) + 1;
  }

  const uint64_t seed_;
  std::atomic<uint64_t> numbers_taken_{0};
  mutable std::mutex mutex_;  // guards the rest
  Phase phase_ = Phase::kServing;
  std::vector<Worker*> workers_;
  uint64_t joined_ = 0;       // since the start
  uint64_t connections_ = 0;  // of workers that have left
};

class Worker {
 public:
  // Joins `set`; one that joins late is told the phase at once. Both must outlive it. To be made
  // and used on the thread that runs `loop`. Throws std::bad_alloc where there is no memory.
  Worker(EventLoop& loop, WorkerSet& set) : loop_(loop), set_(set), random_(set.join(*this)) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() { set_.leave(*this); }

  EventLoop& loop() { return loop_; }
  BufferPool& buffers() { return loop_.buffers(); }
  Kernel& kernel() { return loop_.kernel(); }
  Random& random() { return random_; }

  // Any thread may read them.
  const WorkerCells& cells() const { return cells_; }

  // Whether the server is about to stop: it serves as before, but tells its clients to open their
  // next connection elsewhere (Connection: close, GOAWAY). DrainEvent waits for what follows.
  bool stopping() const { return loop_.phase() >= Phase::kStopping; }

  // A connection begins: counts it, and gives it a number that no other of the set has. The first
  // is 1, and with one worker they come in order. With several, a worker takes numbers in blocks,
  // which grow as it goes on, so that the workers do not meet at one counter.
  uint64_t begin_connection() {
    cells_.connections.add(1);
    if (next_number_ == numbers_end_) {
      next_number_ = set_.take_numbers(block_size_);
      numbers_end_ = next_number_ + block_size_;
      block_size_ = std::min(2 * block_size_, WorkerSet::kNumbersMax);
    }
    return next_number_++;
  }

 private:
  friend class WorkerSet;

  EventLoop& loop_;
  WorkerSet& set_;
  WorkerCells cells_;
  uint64_t next_number_ = 0;  // of those taken
  uint64_t numbers_end_ = 0;
  uint64_t block_size_ = 1;  // of the next
  Random random_;            // last: it comes from joining the set, which looks at the rest
};

// The beginning of the drain, for a connection to wait for beside its own work:
//
//   DrainEvent drain(worker.loop());
//   nursery.spawn(say_goodbye(drain));  // bool draining = co_await drain.wait();
//   ... serve ...
//   drain.cancel();
//   co_await nursery.join();
//
// A connection that only waits for bytes needs none: it asks its receive to end by itself then
// (Session::ends_on_drain). A BlockingLoop that sleeps in a call for the connection's work hears of
// the drain when that returns.
class DrainEvent {
 public:
  // `loop` must outlive it.
  explicit DrainEvent(EventLoop& loop) : loop_(loop) { operation_.ends_on_drain = true; }

  // To be awaited at most once. True: the server drains, or ends all connections. False: cancel()
  // was called before.
  Task<bool> wait() {
    co_await loop_.perform(operation_);
    co_return !cancelled_;
  }

  // Ends wait(), now or when it is begun; no longer than that it must stay.
  void cancel() {
    if (operation_.state == Operation::State::kComplete) return;
    cancelled_ = true;
    constexpr Error kCancelled{Errc::kAborted};
    if (operation_.state == Operation::State::kNew) {
      operation_.error = kCancelled;
    } else {
      loop_.cancel(operation_, kCancelled);
    }
  }

 private:
  EventLoop& loop_;
  Operation operation_ = Operation::sleep(kNever);
  bool cancelled_ = false;
};

}  // namespace echod
