#include "engine/spread_watch.h"

namespace echod {

SpreadWatch::SpreadWatch(size_t loops) : loops_(loops), cells_(std::make_unique<Cell[]>(loops)) {}

bool SpreadWatch::report(size_t loop, double busy, size_t connections) {
  Cell& own = cells_[loop];
  own.busy.store(busy, std::memory_order_relaxed);
  bool overloaded = busy >= kOverloaded && connections >= kConnectionsMin;
  bool idle_elsewhere = false;
  for (size_t i = 0; i < loops_; ++i) {
    idle_elsewhere = idle_elsewhere || cells_[i].busy.load(std::memory_order_relaxed) <= kIdle;
  }
  own.overloaded_reports = overloaded && idle_elsewhere ? own.overloaded_reports + 1 : 0;
  if (own.overloaded_reports >= kReportsMin)
    preference_dropped_.store(true, std::memory_order_relaxed);
  return preference_dropped();
}

}  // namespace echod
