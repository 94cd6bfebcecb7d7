// A file of the modelled kernel, and the watchers that are notified of its events.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace echod::sim {

class SimFile;

// An epoll entry, or a request of a ring that waits for its socket.
class SimWatcher {
 public:
  // `events` (POLLIN, POLLOUT, ...) just occurred, or occurred again, on `file`.
  virtual void on_events(SimFile& file, uint32_t events) = 0;

 protected:
  ~SimWatcher() = default;
};

class SimFile : public std::enable_shared_from_this<SimFile> {
 public:
  SimFile() = default;
  SimFile(const SimFile&) = delete;
  SimFile& operator=(const SimFile&) = delete;
  virtual ~SimFile() = default;

  // Its current readiness: POLLIN, POLLOUT, POLLRDHUP, POLLERR, POLLHUP.
  virtual uint32_t ready() const = 0;

  // Its last descriptor was closed.
  virtual void closed() {}

  void watch(SimWatcher& watcher) { watchers_.push_back(&watcher); }
  void unwatch(SimWatcher& watcher) { std::erase(watchers_, &watcher); }

 protected:
  void tell(uint32_t events) {
    const std::vector<SimWatcher*> told = watchers_;  // a notification may remove watchers
    for (SimWatcher* watcher : told) watcher->on_events(*this, events);
  }

 private:
  std::vector<SimWatcher*> watchers_;
};

// eventfd(2).
class SimEventFd final : public SimFile {
 public:
  uint32_t ready() const override;
  void add(uint64_t value);
  bool take(uint64_t& value);

 private:
  uint64_t count_ = 0;
};

}  // namespace echod::sim
