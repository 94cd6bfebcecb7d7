// Decides whether a loop should busy-poll before it sleeps. Waking a sleeping thread costs more
// than an echo (5 to 70 us, most on virtual machines). So busy-polling pays if the next bytes
// arrive within microseconds; otherwise it wastes a CPU. A Spinner decides by recent history: it
// busy-polls only after short waits, and stops after kPatience unsuccessful polls.
//
// It never pays if the loop runs on the CPU that receives the packets: the kernel cannot process
// them until the loop yields that CPU. So the Spinner checks from time to time which CPU receives
// the packets of the most recently active socket.
#pragma once

#include "base/clock.h"
#include "engine/processor.h"

namespace echod {

// The default maximum of a busy-poll: about the cost of sleeping and waking up.
inline constexpr Duration kSpinMax = std::chrono::microseconds(50);

class Spinner {
 public:
  // Busy-polls for at most `longest` at a time; zero: never.
  explicit Spinner(Duration longest) : longest_(longest) {}

  bool enabled() const { return longest_ > Duration::zero(); }

  // Whether to busy-poll before this sleep, and how long at most.
  bool worthwhile() const { return credit_ > 0; }
  Duration longest() const { return longest_; }

  // A busy-poll ended, with readiness or without.
  void polled(bool ready) { credit_ = ready ? kPatience : credit_ - 1; }

  // A sleep without a busy-poll took `length`: if that is short, a busy-poll would have succeeded.
  void slept(Duration length) {
    if (length <= longest_ && !local_) credit_ = kPatience;
  }

  // `socket` was just ready. Every kSampleInterval calls, checks which CPU receives its packets.
  void became_ready(int socket) {
    if (--until_sample_ > 0) return;
    until_sample_ = kSampleInterval;
    int incoming = incoming_processor(socket);
    local_ = incoming >= 0 && incoming == current_processor();
    if (local_) credit_ = 0;
  }

 private:
  static constexpr int kPatience = 8;
  static constexpr int kSampleInterval = 64;

  Duration longest_;
  int credit_ = 0;
  int until_sample_ = 1;
  bool local_ = false;
};

}  // namespace echod
