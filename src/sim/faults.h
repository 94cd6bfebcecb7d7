// The faults of one simulated run, and their probabilities. Swarm testing (Groce et al., 2012):
// each run draws which faults it has at all, because a run with all of them seldom gets far enough
// to show the effect of one.
#pragma once

#include "base/random.h"

namespace echod::sim {

struct Faults {
  // Probabilities per call or per event.
  double interrupted = 0;     // EINTR, if the call allows it
  double again = 0;           // spurious EAGAIN of a send or receive
  double short_write = 0;     // a send takes fewer bytes than there is room for
  double reset = 0;           // ECONNRESET
  double broken = 0;          // EPIPE of a send
  double no_buffers = 0;      // ENOBUFS: the ring's buffers have run out
  double accept_aborted = 0;  // ECONNABORTED and its like
  double no_descriptors = 0;  // EMFILE, ENFILE, ENOBUFS, ENOMEM when accepting or opening
  double late = 0;            // a completion or an event is delivered late
  double reordered = 0;       // completions and events arrive in any order
  double one_byte = 0;        // bytes arrive one at a time
  double clock_jump = 0;      // the clock jumps ahead, as after a suspend
  double no_memory = 0;       // ENOMEM, ENOSPC when something is registered
  double no_allocation = 0;   // an allocation of the process fails

  static Faults none() { return {}; }

  static Faults draw(Random& random) {
    Faults faults;
    for (double* fault :
         {&faults.interrupted, &faults.again, &faults.short_write, &faults.reset, &faults.broken,
          &faults.no_buffers, &faults.accept_aborted, &faults.no_descriptors, &faults.late,
          &faults.reordered, &faults.one_byte, &faults.clock_jump, &faults.no_memory}) {
      constexpr double kOften[] = {0.002, 0.02, 0.2};
      if (random.chance(0.4)) *fault = kOften[random.below(3)];
    }
    // Seldom and at a low rate, since the oracle must then excuse any connection that is cut.
    if (random.chance(0.1)) faults.no_allocation = random.chance(0.5) ? 0.0005 : 0.01;
    faults.clock_jump /= 20;
    faults.reset /= 4;
    faults.broken /= 4;
    return faults;
  }
};

}  // namespace echod::sim
