#include "sim/sim_epoll.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace echod::sim {

SimEpoll::~SimEpoll() { entries_.clear(); }

SimEpoll::Entry::~Entry() {
  if (std::shared_ptr<SimFile> watched = file.lock()) watched->unwatch(*this);
  std::erase(epoll->ready_, this);
}

void SimEpoll::Entry::on_events(SimFile&, uint32_t events) {
  if ((events & (event.events | EPOLLERR | EPOLLHUP)) != 0) epoll->queue(*this);
}

void SimEpoll::queue(Entry& entry) {
  if (std::exchange(entry.queued, true)) return;
  ready_.push_back(&entry);
}

int SimEpoll::add(int fd, const std::shared_ptr<SimFile>& file, const epoll_event& event) {
  if (entries_.contains(fd)) return -EEXIST;
  auto entry = std::make_unique<Entry>();
  entry->epoll = this;
  entry->file = file;
  entry->event = event;
  file->watch(*entry);
  entry->on_events(*file, file->ready());
  entries_.emplace(fd, std::move(entry));
  return 0;
}

int SimEpoll::remove(int fd) { return entries_.erase(fd) == 1 ? 0 : -ENOENT; }

int SimEpoll::take(SimKernel& kernel, epoll_event* events, int count) {
  if (kernel.fails(kernel.faults().reordered)) kernel.random().shuffle(ready_);
  std::vector<Entry*> later;
  int taken = 0;
  for (Entry* entry : std::exchange(ready_, {})) {
    if (taken == count || kernel.fails(kernel.faults().late)) {
      later.push_back(entry);
      continue;
    }
    entry->queued = false;
    const std::shared_ptr<SimFile> file = entry->file.lock();
    const uint32_t now =
        file == nullptr ? 0 : file->ready() & (entry->event.events | EPOLLERR | EPOLLHUP);
    if (now == 0) continue;
    events[taken++] = {.events = now, .data = entry->event.data};
    if ((entry->event.events & EPOLLET) == 0) {
      entry->queued = true;
      later.push_back(entry);
    }
  }
  ready_.insert(ready_.begin(), later.begin(), later.end());
  return taken;
}

}  // namespace echod::sim
