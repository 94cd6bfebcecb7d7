#include "engine/thread_tuning.h"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include <cerrno>

namespace echod {

Result<void> pin_this_thread(unsigned index) {
  cpu_set_t usable;
  if (::sched_getaffinity(0, sizeof(usable), &usable) != 0) {
    return std::unexpected(os_failure(errno));
  }
  const auto count = static_cast<unsigned>(CPU_COUNT(&usable));
  unsigned skip = index % (count > 0 ? count : 1);
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &usable) || skip-- > 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (int error = pthread_setaffinity_np(pthread_self(), sizeof(one), &one); error != 0) {
      return std::unexpected(os_failure(error));
    }
    return {};
  }
  return failure(Errc::kSystem);
}

void wake_on_time() noexcept { ::prctl(PR_SET_TIMERSLACK, 1UL); }

}  // namespace echod
