// A clock that can also be waited for.
#pragma once

#include "base/clock.h"
#include "base/task.h"

namespace echod {

class Timer : public Clock {
 public:
  // Ends at `until` or a little later; at once where that is past. Fails with kAborted when whoever
  // keeps the time gives up what waits before.
  virtual Task<> sleep_until(Time until) = 0;
};

}  // namespace echod
