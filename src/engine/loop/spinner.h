// Decides whether a loop should busy-poll before it sleeps. Waking a sleeping thread costs more
// than an echo (5 to 70 us, most on virtual machines). So busy-polling pays if the next bytes
// arrive within microseconds; otherwise it wastes a CPU. A Spinner decides by recent history: it
// busy-polls only after short waits, and stops after kPatience unsuccessful polls.
//
// It never pays if the loop runs on the CPU that receives the packets: the kernel cannot process
// them until the loop yields that CPU. So the Spinner checks from time to time which CPU receives
// the packets of the most recently active socket.
//
// Nor does it pay if others want the CPU. A thread that seldom sleeps uses up its time slice, then
// others run for theirs, and bytes wait for milliseconds; a thread that slept would run at once. A
// busy-poll that lasts much longer than it should shows that the thread was interrupted for that
// long, by another thread or by the host of a virtual machine. If that happens a lot, the Spinner
// pauses, and tries again after kPause.
#pragma once

#include <algorithm>

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

  // Whether to busy-poll before this sleep, which begins `now`, and how long at most.
  bool worthwhile(Time now) const { return credit_ > 0 && now >= paused_until_; }
  Duration longest() const { return longest_; }

  // A busy-poll ended, with readiness or without.
  void polled(Time begin, Time end, bool ready) {
    credit_ = ready ? kPatience : credit_ - 1;
    polled_ += end - begin;
    lost_ += std::max(end - begin - longest_ - kLateness, Duration::zero());
    if (polled_ < kAssessed) return;
    if (lost_ > polled_ / kLostPart) paused_until_ = end + kPause;
    polled_ = lost_ = Duration::zero();
  }

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

  // Busy-polling is assessed each time it has taken kAssessed, interruptions included. Those of up
  // to kLateness are ordinary: interrupts, and a poll that finds much. If more than one part in
  // kLostPart went to longer ones, it pauses.
  static constexpr Duration kAssessed = std::chrono::milliseconds(50);
  static constexpr Duration kLateness = std::chrono::microseconds(100);
  static constexpr int kLostPart = 4;
  static constexpr Duration kPause = std::chrono::seconds(1);

  Duration longest_;
  int credit_ = 0;
  int until_sample_ = 1;
  bool local_ = false;
  Duration polled_ = Duration::zero();  // since the last assessment
  Duration lost_ = Duration::zero();
  Time paused_until_ = Time::min();
};

}  // namespace echod
