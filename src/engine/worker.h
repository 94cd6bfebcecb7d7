// Worker: the state of a thread that serves connections, passed to everything that it serves: its
// event loop with buffers and kernel, a random number generator, counters, and the shutdown phase.
// One thread uses a Worker; nothing in it is shared on the data path.
//
// A WorkerSet contains all workers of an engine: it passes on the drain, and sums up their
// counters.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "engine/listen_queues.h"
#include "engine/loop/event_loop.h"
#include "engine/worker_cells.h"

namespace echod {

class Worker;

// Thread-safe.
class WorkerSet {
 public:
  // `seed`: the random seed of its workers.
  explicit WorkerSet(uint64_t seed = 1) : seed_(seed) {}
  WorkerSet(const WorkerSet&) = delete;
  WorkerSet& operator=(const WorkerSet&) = delete;
  ~WorkerSet() { ECHOD_CHECK(workers_.empty()); }

  // Moves every worker's loop to `phase`, including workers that join later.
  void request(Phase phase);
  Phase phase() const;

  // Connections accepted since startup, including those of workers that have left.
  uint64_t connections() const;

  // Adds the counts of all workers since startup, of those that have left too, and the buffers of
  // those that are there.
  void add_to(WorkerTotals& totals) const;

  // The listening sockets from which its workers get their connections.
  ListenQueues& listen_queues() { return listen_queues_; }
  const ListenQueues& listen_queues() const { return listen_queues_; }
  // How many loops have not got around for `patience` at `now`: their threads do not come back from
  // a connection's code, or are stopped. Call it regularly, from one thread at a time: it compares
  // with the calls before, and wakes each loop to see it get around until the next call.
  size_t stuck_loops(Time now, Duration patience);

 private:
  friend class Worker;

  // Maximum number of connection numbers that a worker takes at once.
  static constexpr uint64_t kNumbersMax = 64;

  // Returns the worker's seed.
  uint64_t join(Worker& worker);
  void leave(Worker& worker) noexcept;

  // Reserves `count` connection numbers and returns the first.
  uint64_t take_numbers(uint64_t count) {
    return numbers_taken_.fetch_add(count, std::memory_order_relaxed) + 1;
  }

  const uint64_t seed_;
  std::atomic<uint64_t> numbers_taken_{0};
  ListenQueues listen_queues_;
  mutable std::mutex mutex_;  // guards the rest
  Phase phase_ = Phase::kServing;
  std::vector<Worker*> workers_;
  uint64_t joined_ = 0;  // since the start
  WorkerCells left_;     // counts of workers that have left
  LoopCells left_loops_;
};

class Worker {
 public:
  // Joins `set`, and gets its current phase at once. Both arguments must outlive it. Create and use
  // it on the thread that runs `loop`. Throws std::bad_alloc if out of memory. `watched`: whether
  // stuck_loops() counts it; not if its thread may wait for other threads' connections.
  Worker(EventLoop& loop, WorkerSet& set, bool watched = true)
      : loop_(loop), set_(set), watched_(watched), random_(set.join(*this)) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() { set_.leave(*this); }

  EventLoop& loop() { return loop_; }
  WorkerSet& set() { return set_; }
  BufferPool& buffers() { return loop_.buffers(); }
  Kernel& kernel() { return loop_.kernel(); }
  Random& random() { return random_; }

  // This thread writes them, any thread may read them.
  WorkerCells& cells() { return cells_; }
  const WorkerCells& cells() const { return cells_; }

  // Whether the server is about to stop: it serves as before, but tells clients to open their next
  // connection elsewhere (Connection: close, GOAWAY). DrainEvent waits for the phase after that.
  bool stopping() const { return loop_.phase() >= Phase::kStopping; }

  // Counts a new connection and returns its number, unique in the set. The first is 1, and with one
  // worker the numbers are consecutive. With several, each worker takes numbers in growing blocks,
  // so that the workers do not contend for one counter.
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
  const bool watched_;
  std::optional<uint64_t> seen_count_;  // of its heartbeat, for stuck_loops()
  Time seen_since_{};                   // when it was first seen
  WorkerCells cells_;
  uint64_t next_number_ = 0;  // of the current block
  uint64_t numbers_end_ = 0;
  uint64_t block_size_ = 1;  // of the next block
  Random random_;            // last: its seed comes from joining the set, which reads the rest
};

// Lets a connection wait for the beginning of the drain, concurrently with its own work:
//
//   DrainEvent drain(worker.loop());
//   nursery.spawn(say_goodbye(drain));  // bool draining = co_await drain.wait();
//   ... serve ...
//   drain.cancel();
//   co_await nursery.join();
//
// A connection that only waits for bytes needs none: its receive can end by itself
// (Session::ends_on_drain). A BlockingLoop that sleeps in a system call for the connection notices
// the drain when the call returns.
class DrainEvent {
 public:
  // `loop` must outlive it.
  explicit DrainEvent(EventLoop& loop) : loop_(loop) { operation_.ends_on_drain = true; }

  // Await this at most once. True: the server is draining or aborting. False: cancel() was called
  // first.
  Task<bool> wait() {
    co_await loop_.perform(operation_);
    co_return !cancelled_;
  }

  // Ends wait(), now or as soon as it begins. After wait() has ended, this object may be destroyed.
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
