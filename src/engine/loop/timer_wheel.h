// Deadlines of pending operations: a hierarchical timing wheel (Varghese and Lauck, "Hashed and
// Hierarchical Timing Wheels", 1987; the layout is Tokio's). Six levels of 64 slots, a level 0 slot
// is one tick of a millisecond, a slot of the next level is a whole turn of the one below. Adding
// and removing take a few instructions, since nearly every deadline of an echo server is removed
// before it expires.
//
// The wheel also holds operations without a deadline. So it knows every pending operation of its
// loop, and shutdown needs no second list to end them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace echod {

// An entry of a wheel: a base of Operation. In no wheel when created.
struct TimerNode {
  TimerNode* prev = nullptr;
  TimerNode* next = nullptr;
  uint64_t tick = 0;  // when it expires, in ticks since the wheel's origin

  bool linked() const { return next != nullptr; }
};

class TimerWheel {
 public:
  // Time begins at `origin`; add() and advance() take times from there on.
  explicit TimerWheel(Time origin);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  ~TimerWheel();  // Checks that it is empty.

  // Links `node` until `deadline`. It never expires early; it expires at most one tick late, plus
  // the delay of the call to advance().
  void add(TimerNode& node, Deadline deadline);
  void remove(TimerNode& node);

  // Unlinks every node whose deadline has passed at `now` and calls on_expired(node) for each,
  // which may add and remove nodes.
  template <typename OnExpired>
  void advance(Time now, OnExpired on_expired) {
    const uint64_t target = tick_of(now);
    if (target < next_tick_) {
      now_tick_ = std::max(now_tick_, target);
      return;
    }
    TimerNode expired;
    collect_expired(target, expired);
    drain(expired, on_expired);
  }

  // Unlinks every node and calls visit(node) for each, which may link it again.
  template <typename Visit>
  void take_all(Visit visit) {
    TimerNode all;
    collect_all(all);
    drain(all, visit);
  }

  // When advance() should next be called, or kNever. May be early (a cascade, or a node that has
  // been removed since), never late.
  Time next_expiry() const {
    if (next_tick_ == kNoTick) return kNever;
    return origin_ + kTick * static_cast<int64_t>(next_tick_);
  }

  bool empty() const { return size_ == 0; }

 private:
  static constexpr int kLevelBits = 6;
  static constexpr unsigned kSlots = 1u << kLevelBits;
  static constexpr unsigned kLevels = 6;
  static constexpr uint64_t kTicksMax = uint64_t{1} << (kLevelBits * kLevels);  // two years
  static constexpr uint64_t kNoTick = UINT64_MAX;
  static constexpr Duration kTick = std::chrono::milliseconds(1);

  struct Level {
    uint64_t occupied = 0;  // a bit for each slot with nodes
    std::array<TimerNode, kSlots> slots;
  };
  struct Expiry {
    uint64_t tick;
    unsigned level;
    unsigned slot;
  };

  template <typename Visit>
  void drain(TimerNode& list, Visit visit) {
    while (list.next != &list) {
      TimerNode& node = *list.next;
      remove(node);
      visit(node);
    }
  }

  // The last tick that has begun at `time`.
  uint64_t tick_of(Time time) const {
    return time <= origin_ ? 0 : static_cast<uint64_t>((time - origin_) / kTick);
  }

  void link(TimerNode& node);
  std::optional<Expiry> next_occupied() const;
  void collect_expired(uint64_t target, TimerNode& expired);
  void collect_all(TimerNode& all);

  Time origin_;
  uint64_t now_tick_ = 0;  // everything up to here has expired

  // No slot expires before. Removing a node does not move it: nearly every node is removed, so
  // looking for the next one each time would cost more than a wake-up in vain now and then.
  uint64_t next_tick_ = kNoTick;
  size_t size_ = 0;
  std::array<Level, kLevels> levels_;
  TimerNode unlimited_;  // no deadline
};

}  // namespace echod
