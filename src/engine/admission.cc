#include "engine/admission.h"

#include <new>

#include "base/check.h"

namespace echod {

Admission::~Admission() { ECHOD_CHECK(connections() == 0 && by_source_.empty()); }

void Admission::set_limits(const Limits& limits) {
  connections_max_.store(limits.connections_max, std::memory_order_relaxed);
  connections_per_source_max_.store(limits.connections_per_source_max, std::memory_order_relaxed);
}

std::expected<Admission::Ticket, Admission::Refusal> Admission::try_enter(const Endpoint& peer) {
  const size_t most = connections_max_.load(std::memory_order_relaxed);
  size_t taken = connections_.fetch_add(1, std::memory_order_relaxed);
  if (most > 0 && taken >= most) {
    connections_.fetch_sub(1, std::memory_order_relaxed);
    return std::unexpected(Refusal::kFull);
  }
  bool counted = false;
  try {
    if (enter_source(peer, counted)) return Ticket(this, peer, counted);
  } catch (const std::bad_alloc&) {
    connections_.fetch_sub(1, std::memory_order_relaxed);
    throw;
  }
  connections_.fetch_sub(1, std::memory_order_relaxed);
  return std::unexpected(Refusal::kSourceFull);
}

bool Admission::enter_source(const Endpoint& peer, bool& counted) {
  const size_t most = connections_per_source_max_.load(std::memory_order_relaxed);
  if (most == 0) return true;
  std::lock_guard lock(mutex_);
  size_t& count = by_source_[peer.source()];
  if (count >= most) return false;
  ++count;
  counted = true;
  return true;
}

void Admission::leave(const Ticket& ticket) {
  size_t taken = connections_.fetch_sub(1, std::memory_order_relaxed);
  ECHOD_CHECK(taken > 0);
  if (!ticket.counted_) return;
  std::lock_guard lock(mutex_);
  auto entry = by_source_.find(ticket.peer_.source());
  ECHOD_CHECK(entry != by_source_.end());
  if (--entry->second == 0) by_source_.erase(entry);
}

}  // namespace echod
