// epoll(7): level- and edge-triggered.
#pragma once

#include <sys/epoll.h>

#include <map>
#include <vector>

#include "sim/sim_file.h"
#include "sim/sim_kernel.h"

namespace echod::sim {

class SimEpoll final : public SimFile, public SimWaitable {
 public:
  ~SimEpoll() override;

  uint32_t ready() const override { return 0; }
  void closed() override { entries_.clear(); }
  bool is_ready() const override { return !ready_.empty(); }

  // As epoll_ctl(2); a negative errno.
  int add(int fd, const std::shared_ptr<SimFile>& file, const epoll_event& event);
  int remove(int fd);

  // The events that are ready now, at most `count`. With faults: in any order, and maybe not all.
  int take(SimKernel& kernel, epoll_event* events, int count);

 private:
  struct Entry final : SimWatcher {
    SimEpoll* epoll = nullptr;
    std::weak_ptr<SimFile> file;
    epoll_event event{};
    bool queued = false;

    ~Entry();
    void on_events(SimFile& file, uint32_t events) override;
  };

  void queue(Entry& entry);

  std::map<int, std::unique_ptr<Entry>> entries_;
  std::vector<Entry*> ready_;
};

}  // namespace echod::sim
