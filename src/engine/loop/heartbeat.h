// Shows from outside whether a loop's thread still gets around: a counter that its thread moves and
// any thread may read.
#pragma once

#include <atomic>
#include <cstdint>

namespace echod {

// A loop that can be woken moves it once a round. A BlockingLoop cannot be woken, and may sleep in
// a system call for as long as its client likes; so its counter is odd while its thread works, and
// even while it rests.
class Heartbeat {
 public:
  // On the loop's thread: a round has begun.
  void beat() { move(2); }

  // On the thread of a BlockingLoop: changes from rest to work or back, and again at its end.
  class Turn {
   public:
    explicit Turn(Heartbeat& heartbeat) : heartbeat_(heartbeat) { heartbeat_.move(1); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { heartbeat_.move(1); }

   private:
    Heartbeat& heartbeat_;
  };

  // From any thread.
  uint64_t count() const { return count_.load(std::memory_order_relaxed); }
  static bool is_working(uint64_t count) { return count % 2 != 0; }

 private:
  // One writer, so no locked instruction.
  void move(uint64_t by) {
    count_.store(count_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::atomic<uint64_t> count_{0};
};

}  // namespace echod
