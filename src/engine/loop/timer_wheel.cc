#include "engine/loop/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "base/check.h"

namespace echod {
namespace {

// Lists are circular with a sentinel: a linked node's neighbours are never null.
void clear(TimerNode& list) { list.prev = list.next = &list; }

void push_back(TimerNode& list, TimerNode& node) {
  node.prev = list.prev;
  node.next = &list;
  list.prev->next = &node;
  list.prev = &node;
}

// Moves all nodes of `from` to the end of `to`.
void splice(TimerNode& to, TimerNode& from) {
  if (from.next == &from) return;
  to.prev->next = from.next;
  from.next->prev = to.prev;
  from.prev->next = &to;
  to.prev = from.prev;
  clear(from);
}

}  // namespace

TimerWheel::TimerWheel(Time origin) : origin_(origin) {
  clear(unlimited_);
  for (Level& level : levels_) std::ranges::for_each(level.slots, clear);
}

TimerWheel::~TimerWheel() { ECHOD_CHECK(size_ == 0); }

void TimerWheel::add(TimerNode& node, Deadline deadline) {
  ECHOD_CHECK(!node.linked());
  ++size_;
  if (deadline == kNever) {
    push_back(unlimited_, node);
    return;
  }
  // Rounds up: a deadline never expires early.
  Duration after = std::max(deadline - origin_, Duration::zero()) + (kTick - Duration(1));
  node.tick = std::max(static_cast<uint64_t>(after / kTick), now_tick_ + 1);
  link(node);
}

void TimerWheel::link(TimerNode& node) {
  // A deadline beyond the wheel is stored in the last slot ahead, and moves on when time reaches
  // that slot. In the current slot it would hide the rest of the top level from next_occupied().
  uint64_t tick = std::min(node.tick, now_tick_ + kTicksMax - kTicksMax / kSlots);
  uint64_t distance = std::min((now_tick_ ^ tick) | (kSlots - 1), kTicksMax - 1);
  unsigned level = static_cast<unsigned>(std::bit_width(distance) - 1) / kLevelBits;
  unsigned slot = (tick >> (kLevelBits * level)) % kSlots;
  push_back(levels_[level].slots[slot], node);
  levels_[level].occupied |= uint64_t{1} << slot;
  next_tick_ = std::min(next_tick_, tick >> (kLevelBits * level) << (kLevelBits * level));
}

void TimerWheel::remove(TimerNode& node) {
  ECHOD_CHECK(node.linked() && size_ > 0);
  node.prev->next = node.next;
  node.next->prev = node.prev;
  if (node.prev == node.next) {
    // The list is empty now; if it belongs to a slot, clear the slot's bit.
    const TimerNode* sentinel = node.prev;
    const auto offset =
        reinterpret_cast<uintptr_t>(sentinel) - reinterpret_cast<uintptr_t>(levels_.data());
    if (offset < sizeof(levels_)) {
      Level& level = levels_[offset / sizeof(Level)];
      level.occupied &= ~(uint64_t{1} << (sentinel - level.slots.data()));
    }
  }
  node.prev = node.next = nullptr;
  --size_;
}

std::optional<TimerWheel::Expiry> TimerWheel::next_occupied() const {
  // The lowest occupied level has the earliest expiry: the nodes of a higher level are all later.
  for (unsigned level = 0; level < kLevels; ++level) {
    uint64_t occupied = levels_[level].occupied;
    if (occupied == 0) continue;
    unsigned shift = kLevelBits * level;
    unsigned current = (now_tick_ >> shift) % kSlots;
    int ahead = std::countr_zero(std::rotr(occupied, static_cast<int>(current)));
    unsigned slot = (current + static_cast<unsigned>(ahead)) % kSlots;
    uint64_t turn = uint64_t{1} << (shift + kLevelBits);
    uint64_t tick = (now_tick_ & ~(turn - 1)) + (uint64_t{slot} << shift);
    if (tick <= now_tick_) tick += turn;  // the top level may wrap around
    return Expiry{tick, level, slot};
  }
  return std::nullopt;
}

void TimerWheel::collect_expired(uint64_t target, TimerNode& expired) {
  clear(expired);
  std::optional<Expiry> next;
  while ((next = next_occupied()) && next->tick <= target) {
    now_tick_ = next->tick;
    Level& level = levels_[next->level];
    level.occupied &= ~(uint64_t{1} << next->slot);
    TimerNode due;
    clear(due);
    splice(due, level.slots[next->slot]);
    while (due.next != &due) {
      TimerNode& node = *due.next;
      node.prev->next = node.next;
      node.next->prev = node.prev;
      if (node.tick <= now_tick_) {
        push_back(expired, node);
      } else {
        link(node);  // cascades to a lower level
      }
    }
  }
  now_tick_ = std::max(now_tick_, target);
  next_tick_ = next ? next->tick : kNoTick;
}

void TimerWheel::collect_all(TimerNode& all) {
  clear(all);
  next_tick_ = kNoTick;
  splice(all, unlimited_);
  for (Level& level : levels_) {
    level.occupied = 0;
    for (TimerNode& slot : level.slots) splice(all, slot);
  }
}

}  // namespace echod
