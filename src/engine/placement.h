// Where the blocking engines serve a connection: on the accepting thread, on a thread of its own,
// or on one of a pool's.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>

#include "engine/blocking/blocking_engine.h"
#include "engine/thread_group.h"

namespace echod {

// The sequential engine: the accepting thread serves, and accepts again when the connection has
// ended.
class OneAtATime final : public ThreadedPlacement {
 public:
  explicit OneAtATime(const BlockingService& service) : server_(service) {}

  void place(Accepted accepted) override { server_.serve(std::move(accepted)); }
  void drain() override {}
  bool wait(Deadline) override { return true; }

 private:
  BlockingServer server_;
};

// The threads engine: a new thread for each connection. With `threads_max` threads, place() waits
// until one ends. If no thread can be created, it reports that and closes the connection.
class ThreadPerConnection final : public ThreadedPlacement {
 public:
  // Stack size in bytes. Coroutines live on the heap, so little is needed; a thousand default
  // stacks would reserve 8 GiB of address space.
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
// when it is full, place() waits, and clients wait in the kernel's backlog.
class ThreadPool final : public ThreadedPlacement {
 public:
  ThreadPool(const BlockingService& service, unsigned queue_max)
      : service_(service), queue_max_(queue_max) {}

  // Starts the workers. Call this once, before place().
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
