// Where the blocking engines serve a connection: on the accepting thread, on a thread of its own,
// or on one of a pool's.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>

#include "engine/blocking/blocking_engine.h"
#include "engine/thread_group.h"

namespace echod {

// The sequential engine: the accepting thread serves, and accepts again when the connection is
// over.
class OneAtATime final : public ThreadedPlacement {
 public:
  explicit OneAtATime(const BlockingService& service) : server_(service) {}

  void place(Accepted accepted) override { server_.serve(std::move(accepted)); }
  void drain() override {}
  bool wait(Deadline) override { return true; }

 private:
  BlockingServer server_;
};

// The threads engine: a new thread for each connection. At `threads_max` threads place() waits
// until one ends; where the system gives no thread it reports so, and closes the connection.
class ThreadPerConnection final : public ThreadedPlacement {
 public:
  // Bytes of stack: a connection's coroutines live on the heap, and a thousand default stacks would
  // reserve eight gigabytes of addresses.
  static constexpr size_t kStackSize = 256 * 1024;

  ThreadPerConnection(const BlockingService& service, AcceptObserver& observer,
                      unsigned threads_max)
      : service_(service), observer_(observer), threads_max_(threads_max) {}

  void place(Accepted accepted) override;
  void drain() override;
  bool wait(Deadline deadline) override { return threads_.wait_all(deadline); }

 private:
  Result<void> start(Accepted accepted) noexcept;

  const BlockingService& service_;
  AcceptObserver& observer_;
  unsigned threads_max_;
  std::mutex mutex_;
  std::condition_variable thread_free_;
  unsigned busy_ = 0;
  bool draining_ = false;
  ThreadGroup threads_{"echod-client", kStackSize};
};

// The pool engine: a fixed number of workers take connections from a queue of at most `queue_max`;
// when it is full place() waits, and clients wait in the kernel's queue.
class ThreadPool final : public ThreadedPlacement {
 public:
  ThreadPool(const BlockingService& service, unsigned queue_max)
      : service_(service), queue_max_(queue_max) {}

  // Starts the workers; to be called once, before place().
  Result<void> start(unsigned workers);

  void place(Accepted accepted) override;
  void drain() override;
  bool wait(Deadline deadline) override { return threads_.wait_all(deadline); }

 private:
  void work();

  const BlockingService& service_;
  unsigned queue_max_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable work_;
  std::deque<Accepted> queue_;
  bool draining_ = false;
  ThreadGroup threads_{"echod-worker", ThreadPerConnection::kStackSize};
};

}  // namespace echod
