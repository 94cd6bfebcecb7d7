#include "engine/worker.h"

namespace echod {

void WorkerSet::request(Phase phase) {
  std::lock_guard lock(mutex_);
  if (phase <= phase_) return;
  phase_ = phase;
  for (Worker* worker : workers_) worker->loop().request(phase);
}

Phase WorkerSet::phase() const {
  std::lock_guard lock(mutex_);
  return phase_;
}

uint64_t WorkerSet::connections() const {
  std::lock_guard lock(mutex_);
  uint64_t sum = left_.connections.value();
  for (const Worker* worker : workers_) sum += worker->cells().connections.value();
  return sum;
}

void WorkerSet::add_to(WorkerTotals& totals) const {
  std::lock_guard lock(mutex_);
  add_cells(totals.workers, left_);
  add_cells(totals.loops, left_loops_);
  for (const Worker* worker : workers_) {
    add_cells(totals.workers, worker->cells_);
    worker->loop_.add_to(totals);
  }
}

size_t WorkerSet::stuck_loops(Time now, Duration patience) {
  std::lock_guard lock(mutex_);
  size_t stuck = 0;
  for (Worker* worker : workers_) {
    if (!worker->watched_) continue;
    EventLoop& loop = worker->loop();
    const bool answers = loop.nudge();
    const uint64_t count = loop.heartbeat().count();
    if (count != worker->seen_count_ || (!answers && !Heartbeat::is_working(count))) {
      worker->seen_count_ = count;
      worker->seen_since_ = now;
    } else if (now - worker->seen_since_ >= patience) {
      ++stuck;
    }
  }
  return stuck;
}

uint64_t WorkerSet::join(Worker& worker) {
  std::lock_guard lock(mutex_);
  workers_.push_back(&worker);
  if (phase_ != Phase::kServing) worker.loop().request(phase_);
  return Random(seed_).next() + joined_++;
}

void WorkerSet::leave(Worker& worker) noexcept {
  std::lock_guard lock(mutex_);
  std::erase(workers_, &worker);
  add_cells(left_, worker.cells_);
  WorkerTotals totals;  // without the buffers, which go with the loop
  worker.loop_.add_to(totals);
  add_cells(left_loops_, totals.loops);
}

}  // namespace echod
