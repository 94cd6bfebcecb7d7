#include "engine/processor.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include "net/kernel.h"

namespace echod {

std::vector<int> usable_processors() {
  std::vector<int> processors;
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof(set), &set) == 0) {
    for (int i = 0; i < CPU_SETSIZE; ++i) {
      if (CPU_ISSET(i, &set)) processors.push_back(i);
    }
  }
  if (processors.empty()) processors.push_back(0);
  return processors;
}

bool pin_this_thread(int processor) noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  return ::sched_setaffinity(0, sizeof(set), &set) == 0;
}

int current_processor() noexcept { return ::sched_getcpu(); }

void wake_on_time() noexcept { ::prctl(PR_SET_TIMERSLACK, 1UL); }

Duration thread_cpu_time() noexcept {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

int incoming_processor(int socket) noexcept {
  int processor = -1;
  socklen_t size = sizeof(processor);
  if (kernel().getsockopt(socket, SOL_SOCKET, SO_INCOMING_CPU, &processor, &size) != 0) return -1;
  return processor;
}

void prefer_incoming_processor(int listener, int processor) noexcept {
  kernel().setsockopt(listener, SOL_SOCKET, SO_INCOMING_CPU, &processor, sizeof(processor));
}

}  // namespace echod
