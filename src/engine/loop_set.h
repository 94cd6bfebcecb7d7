// The event loops of an engine, wherever they run, so that all of them can be asked to drain.
// Thread-safe.
#pragma once

#include <mutex>
#include <vector>

#include "base/check.h"
#include "engine/loop/event_loop.h"

namespace echod {

class LoopSet {
 public:
  ~LoopSet() { ECHOD_CHECK(loops_.empty()); }

  // A loop's time in the set. A loop that joins late is told the phase at once.
  class Membership {
   public:
    Membership(LoopSet& set, EventLoop& loop) : set_(set), loop_(loop) {
      std::lock_guard lock(set_.mutex_);
      set_.loops_.push_back(&loop_);
      if (set_.phase_ != Phase::kServing) loop_.request(set_.phase_);
    }
    Membership(const Membership&) = delete;
    Membership& operator=(const Membership&) = delete;
    ~Membership() {
      std::lock_guard lock(set_.mutex_);
      std::erase(set_.loops_, &loop_);
    }

   private:
    LoopSet& set_;
    EventLoop& loop_;
  };

  void request(Phase phase) {
    std::lock_guard lock(mutex_);
    if (phase <= phase_) return;
    phase_ = phase;
    for (EventLoop* loop : loops_) loop->request(phase);
  }

  Phase phase() const {
    std::lock_guard lock(mutex_);
    return phase_;
  }

 private:
  mutable std::mutex mutex_;
  Phase phase_ = Phase::kServing;
  std::vector<EventLoop*> loops_;
};

}  // namespace echod
