// Whether the event loops may busy-poll here. What a loop busy-polls is CPU time that others could
// use, so by default it does not do so where the time is limited or cannot suffice. Within that,
// each loop's Spinner decides by what it measures.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"

namespace echod {

// What this process may use.
struct ProcessorShare {
  unsigned loops = 1;           // event loops that may busy-poll at the same time
  unsigned usable = 1;          // CPUs that the process may run on
  std::optional<double> quota;  // see processor_quota()
};

// Why busy-polling would do harm here: "CPU quota of 1.5", "4 workers on 2 CPUs". Empty if nothing
// is known against it. A quota of all usable CPUs or more never takes effect.
std::string spin_obstacle(const ProcessorShare& share);

struct SpinChoice {
  Duration max = Duration::zero();        // of a busy-poll; 0: never
  bool withheld = false;                  // --spin auto is off because of an obstacle
  std::string reason = "no event loops";  // for max, such as the obstacle
  std::string warning;                    // against an explicit --spin DURATION, which is obeyed
};

// `asked`: what --spin says; none: auto.
SpinChoice choose_spin(std::optional<Duration> asked, const ProcessorShare& share);

}  // namespace echod
