#include "engine/thread_group.h"

#include <chrono>
#include <new>

namespace echod {

ThreadGroup::~ThreadGroup() {
  wait_all(kNever);
  join_ended();
}

Result<void> ThreadGroup::start(std::function<void()> body) {
  join_ended();
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  if (stack_size_ > 0) pthread_attr_setstacksize(&attributes, stack_size_);
  std::unique_lock lock(mutex_);
  try {
    threads_.push_back({.group = this, .body = std::move(body)});
  } catch (const std::bad_alloc&) {
    pthread_attr_destroy(&attributes);
    return failure(Errc::kNoMemory);
  }
  Thread& thread = threads_.back();
  int error = pthread_create(&thread.handle, &attributes, &ThreadGroup::run, &thread);
  pthread_attr_destroy(&attributes);
  if (error != 0) {
    threads_.pop_back();
    return std::unexpected(os_failure(error));
  }
  ++running_;
  pthread_setname_np(thread.handle, name_);
  return {};
}

void* ThreadGroup::run(void* argument) {
  auto& thread = *static_cast<Thread*>(argument);
  thread.body();
  thread.body = nullptr;
  ThreadGroup& group = *thread.group;
  std::lock_guard lock(group.mutex_);
  thread.ended = true;
  --group.running_;
  group.thread_ended_.notify_all();
  return nullptr;
}

bool ThreadGroup::wait_all(Deadline deadline) {
  std::unique_lock lock(mutex_);
  auto none = [this] { return running_ == 0; };
  if (deadline == kNever) {
    thread_ended_.wait(lock, none);
    return true;
  }
  return thread_ended_.wait_until(lock, deadline, none);
}

void ThreadGroup::join_ended() {
  std::list<Thread> ended;
  {
    std::lock_guard lock(mutex_);
    for (auto thread = threads_.begin(); thread != threads_.end();) {
      auto next = std::next(thread);
      if (thread->ended) ended.splice(ended.end(), threads_, thread);
      thread = next;
    }
  }
  for (Thread& thread : ended) pthread_join(thread.handle, nullptr);
}

}  // namespace echod
