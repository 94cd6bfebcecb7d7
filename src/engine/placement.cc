#include "engine/placement.h"

#include <new>

namespace echod {

void ThreadPerConnection::place(Accepted accepted) {
  {
    std::unique_lock lock(mutex_);
    thread_free_.wait(lock, [this] { return busy_ < threads_max_ || draining_; });
    if (draining_) return;
    ++busy_;
  }
  Result<void> started = start(std::move(accepted));
  if (started) return;
  {
    std::lock_guard lock(mutex_);
    --busy_;
  }
  observer_.accept_paused(started.error());
}

Result<void> ThreadPerConnection::start(Accepted accepted) noexcept {
  try {
    // std::function requires a copyable target.
    auto connection = std::make_shared<Accepted>(std::move(accepted));
    return threads_.start([this, connection] {
      BlockingServer(service_).serve(std::move(*connection));
      std::lock_guard lock(mutex_);
      --busy_;
      thread_free_.notify_one();
    });
  } catch (const std::bad_alloc&) {
    return failure(Errc::kNoMemory);
  }
}

void ThreadPerConnection::drain() {
  std::lock_guard lock(mutex_);
  draining_ = true;
  thread_free_.notify_all();
}

Result<void> ThreadPool::start(unsigned workers) {
  for (unsigned i = 0; i < workers; ++i) {
    Result<void> started = threads_.start([this] { work(); });
    if (!started) {
      drain();
      return started;
    }
  }
  return {};
}

void ThreadPool::place(Accepted accepted) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [this] { return queue_.size() < queue_max_ || draining_; });
  if (draining_) return;
  queue_.push_back(std::move(accepted));
  work_.notify_one();
}

void ThreadPool::work() {
  BlockingServer server(service_);
  while (true) {
    std::unique_lock lock(mutex_);
    work_.wait(lock, [this] { return !queue_.empty() || draining_; });
    if (queue_.empty()) return;
    Accepted accepted = std::move(queue_.front());
    queue_.pop_front();
    room_.notify_one();
    lock.unlock();
    server.serve(std::move(accepted));
  }
}

void ThreadPool::drain() {
  std::lock_guard lock(mutex_);
  draining_ = true;
  room_.notify_all();
  work_.notify_all();
}

}  // namespace echod
