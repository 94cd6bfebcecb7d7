#include "engine/admission.h"

#include <new>

#include "base/check.h"

namespace echod {

Admission::~Admission() { ECHOD_CHECK(connections() == 0 && by_source_.empty()); }

Admission::Decision Admission::try_enter(const Endpoint& peer) {
  size_t taken = connections_.fetch_add(1, std::memory_order_relaxed);
  if (limits_.connections_max > 0 && taken >= limits_.connections_max) {
    connections_.fetch_sub(1, std::memory_order_relaxed);
    return Decision::kFull;
  }
  try {
    if (enter_source(peer)) return Decision::kAdmitted;
  } catch (const std::bad_alloc&) {
    connections_.fetch_sub(1, std::memory_order_relaxed);
    throw;
  }
  connections_.fetch_sub(1, std::memory_order_relaxed);
  return Decision::kSourceFull;
}

bool Admission::enter_source(const Endpoint& peer) {
  if (limits_.connections_per_source_max == 0) return true;
  std::lock_guard lock(mutex_);
  size_t& count = by_source_[peer.source()];
  if (count == limits_.connections_per_source_max) return false;
  ++count;
  return true;
}

void Admission::leave(const Endpoint& peer) {
  size_t taken = connections_.fetch_sub(1, std::memory_order_relaxed);
  ECHOD_CHECK(taken > 0);
  if (limits_.connections_per_source_max == 0) return;
  std::lock_guard lock(mutex_);
  auto entry = by_source_.find(peer.source());
  ECHOD_CHECK(entry != by_source_.end());
  if (--entry->second == 0) by_source_.erase(entry);
}

}  // namespace echod
