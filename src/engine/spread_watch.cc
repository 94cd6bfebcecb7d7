#include "engine/spread_watch.h"

namespace echod {

SpreadWatch::SpreadWatch(size_t loops) : loops_(loops), cells_(std::make_unique<Cell[]>(loops)) {}

bool SpreadWatch::report(size_t loop, double busy, size_t connections) {
  cells_[loop].busy.store(busy, std::memory_order_relaxed);
  cells_[loop].connections.store(connections, std::memory_order_relaxed);
  bool overloaded = false;
  bool idle = false;
  for (size_t i = 0; i < loops_; ++i) {
    double other = cells_[i].busy.load(std::memory_order_relaxed);
    size_t clients = cells_[i].connections.load(std::memory_order_relaxed);
    if (other >= kOverloaded && clients >= kConnectionsMin) overloaded = true;
    if (other <= kIdle) idle = true;
  }
  if (overloaded && idle) given_up_.store(true, std::memory_order_relaxed);
  return given_up();
}

}  // namespace echod
