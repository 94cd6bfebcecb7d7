#include "engine/loop_service.h"

namespace echod {

Result<void> LoopService::open(std::vector<ListenerSocket> listeners) {
  for (size_t i = 0; i < listeners.size(); ++i) {
    if (Result<void> served = check_served(listeners[i].kind); !served) return served;
    auto socket = std::move(listeners[i].socket);
    listeners_.push_back(std::make_unique<Socket>(worker_.loop(), std::move(socket)));
    if (listeners[i].shared) listeners_.back()->set_shared();
    if (Result<void> attached = listeners_.back()->attach(); !attached) {
      queues_.clear();
      listeners_.clear();
      return attached;
    }
    queues_.push_back(worker_.set().listen_queues().add(i, listeners_[i]->fd()));
    accept_loops_.push_back(accept_loop(*listeners_[i], i, admission_, observer_, *this));
  }
  return {};
}

Task<> LoopService::serve() {
  for (Task<>& task : accept_loops_) accepting_.spawn(std::move(task));
  co_await accepting_.join();
  queues_.clear();
  listeners_.clear();
  co_await connections_.join();
}

}  // namespace echod
