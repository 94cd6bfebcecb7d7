// Nested deadlines. Each layer of a connection sets its own deadline on the stream. The earliest
// deadline applies, and each layer clears only its own.
//
//   DeadlineScope scope(peer, session.deadlines, deadline_after(clock.now(), timeout));
//   Result<Chunk> received = co_await peer.receive().observed();
#pragma once

#include <algorithm>

#include "base/check.h"
#include "base/clock.h"

namespace echod {

// The deadlines that hold now. Few at a time, so looking through them is quick.
class Deadlines {
 public:
  Deadlines() = default;
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;
  ~Deadlines() { ECHOD_CHECK(first_ == nullptr); }

  // kNever where there is none.
  Deadline earliest() const {
    Deadline earliest = kNever;
    for (const Entry* entry = first_; entry != nullptr; entry = entry->next) {
      earliest = std::min(earliest, entry->deadline);
    }
    return earliest;
  }

 private:
  template <typename Target>
  friend class DeadlineScope;

  struct Entry {
    Deadline deadline;
    Entry* next = nullptr;
  };

  void add(Entry& entry) {
    entry.next = first_;
    first_ = &entry;
  }
  // In any order: scopes of tasks that run beside each other do not nest.
  void remove(const Entry& entry) {
    Entry** place = &first_;
    while (*place != &entry) place = &(*place)->next;
    *place = entry.next;
  }

  Entry* first_ = nullptr;
};

// While it lives, what begins to wait on `target` (a Stream) waits until `deadline` at most;
// kNever: no shorter. All scopes on one target share its Deadlines. Both must outlive it.
template <typename Target>
class [[nodiscard]] DeadlineScope {
 public:
  DeadlineScope(Target& target, Deadlines& deadlines, Deadline deadline)
      : target_(target), deadlines_(deadlines), entry_{.deadline = deadline} {
    deadlines_.add(entry_);
    target_.expires_at(deadlines_.earliest());
  }
  DeadlineScope(const DeadlineScope&) = delete;
  DeadlineScope& operator=(const DeadlineScope&) = delete;
  ~DeadlineScope() {
    deadlines_.remove(entry_);
    target_.expires_at(deadlines_.earliest());
  }

 private:
  Target& target_;
  Deadlines& deadlines_;
  Deadlines::Entry entry_;
};

}  // namespace echod
