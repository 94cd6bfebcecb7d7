// What a thread asks of the scheduler for itself.
#pragma once

#include "base/error.h"

namespace echod {

// Keeps the calling thread on the `index`-th (modulo their number) of the processors that it may
// use. Fails where the system does not allow it.
Result<void> pin_this_thread(unsigned index);

// Makes the calling thread's timed waits end on time, where the kernel would delay them by up to
// 50 us so that wake-ups fall together.
void wake_on_time() noexcept;

}  // namespace echod
