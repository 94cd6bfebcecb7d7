// The listening sockets of an engine, so that another thread can ask the kernel about their queues
// while they are open.
#pragma once

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "net/tcp_info.h"

namespace echod {

// Thread-safe.
class ListenQueues {
 public:
  // A socket's entry; the destructor removes it. Destroy it before the socket is closed.
  class Entry {
   public:
    Entry(Entry&& other) noexcept
        : queues_(std::exchange(other.queues_, nullptr)), socket_(other.socket_) {}
    Entry& operator=(Entry&&) = delete;
    ~Entry() {
      if (queues_ != nullptr) queues_->remove(socket_);
    }

   private:
    friend class ListenQueues;
    Entry(ListenQueues* queues, int socket) : queues_(queues), socket_(socket) {}

    ListenQueues* queues_;
    int socket_;
  };

  // `listener`: its number. Throws std::bad_alloc if out of memory.
  Entry add(size_t listener, int socket) {
    std::lock_guard lock(mutex_);
    sockets_.push_back({listener, socket});
    return Entry(this, socket);
  }

  // Adds each listener's queues to its place in `sums`. Two system calls for each socket.
  void add_to(std::vector<ListenQueue>& sums) const {
    std::lock_guard lock(mutex_);
    for (const auto& [listener, socket] : sockets_) {
      const std::optional<ListenQueue> queue = listen_queue_of(socket);
      if (!queue || listener >= sums.size()) continue;
      sums[listener].length += queue->length;
      sums[listener].limit += queue->limit;
      sums[listener].drops += queue->drops;
    }
  }

 private:
  void remove(int socket) noexcept {
    std::lock_guard lock(mutex_);
    std::erase_if(sockets_, [socket](const auto& entry) { return entry.second == socket; });
  }

  mutable std::mutex mutex_;
  std::vector<std::pair<size_t, int>> sockets_;
};

}  // namespace echod
