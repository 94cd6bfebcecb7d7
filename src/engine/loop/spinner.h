// Whether a loop should look for news a while before it sleeps. Waking a sleeping thread costs more
// than an echo (5 to 70 us, most on virtual machines), so where the next bytes come within
// microseconds it pays to stay awake for them; where they do not, it wastes a processor. A Spinner
// decides by what happened lately: it looks only after waits that turned out short, and gives up
// after kPatience looks in vain.
//
// It never pays where the loop's own processor takes the packets in: what we wait for cannot be
// processed before we get out of the way. So from time to time the socket that spoke last is asked
// where its packets come in.
#pragma once

#include "base/clock.h"
#include "engine/processor.h"

namespace echod {

// The most a loop looks before it sleeps, by default: about what the sleep and its end would cost.
inline constexpr Duration kSpinMax = std::chrono::microseconds(50);

class Spinner {
 public:
  // Looks for at most `longest` at a time; zero: never.
  explicit Spinner(Duration longest) : longest_(longest) {}

  bool enabled() const { return longest_ > Duration::zero(); }

  // Whether to look before this sleep, and how long at most.
  bool worthwhile() const { return credit_ > 0; }
  Duration longest() const { return longest_; }

  // A look ended: with news or in vain.
  void looked(bool news) { credit_ = news ? kPatience : credit_ - 1; }

  // A sleep without a look took `length`: had it been a look, it would have seen the news.
  void slept(Duration length) {
    if (length <= longest_ && !local_) credit_ = kPatience;
  }

  // `socket` has just had news. Asks, every kSampleInterval calls, where its packets come in.
  void heard_from(int socket) {
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
