#include "engine/loop_worker.h"

namespace echod {

Result<void> LoopWorker::open(std::vector<Fd> listeners) {
  for (Fd& listener : listeners) {
    listeners_.push_back(std::make_unique<Socket>(loop_, std::move(listener)));
    if (Result<void> attached = listeners_.back()->attach(); !attached) {
      listeners_.clear();
      return attached;
    }
  }
  return {};
}

Task<> LoopWorker::serve() {
  for (size_t i = 0; i < listeners_.size(); ++i) {
    accepting_.spawn(accept_loop(*listeners_[i], i, admission_, observer_, *this));
  }
  co_await accepting_.join();
  listeners_.clear();
  co_await connections_.join();
}

}  // namespace echod
