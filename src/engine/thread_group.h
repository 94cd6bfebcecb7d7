// A group of threads, which may end at any time; all are joined in the end.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>

#include "base/clock.h"
#include "base/error.h"

namespace echod {

class ThreadGroup {
 public:
  // Threads get stacks of `stack_size` bytes (0: the system's default) and the name `name`, at most
  // 15 characters, as ps and top show it.
  ThreadGroup(const char* name, size_t stack_size) : name_(name), stack_size_(stack_size) {}
  ThreadGroup(const ThreadGroup&) = delete;
  ThreadGroup& operator=(const ThreadGroup&) = delete;
  ~ThreadGroup();  // Waits for all of them.

  // Runs `body` on a new thread. Fails with the system's error (EAGAIN) when there can be no more,
  // with kNoMemory if there is no memory for its record.
  Result<void> start(std::function<void()> body);

  // Waits until every thread has ended, or until `deadline`. Returns whether they have.
  bool wait_all(Deadline deadline);

 private:
  struct Thread {
    ThreadGroup* group;
    std::function<void()> body;
    pthread_t handle{};
    bool ended = false;
  };

  static void* run(void* thread);
  void join_ended();

  const char* name_;
  size_t stack_size_;
  std::mutex mutex_;
  std::condition_variable thread_ended_;
  std::list<Thread> threads_;
  size_t running_ = 0;
};

}  // namespace echod
