// What the kernel says about this process and its network, for the metrics.
#pragma once

#include <cstdint>
#include <string>

namespace echod {

// 0 where the kernel does not say.
struct ProcessFacts {
  double cpu_seconds = 0;      // of all threads, in user and system mode
  uint64_t resident_size = 0;  // bytes
  uint64_t virtual_size = 0;   // bytes
  uint64_t open_descriptors = 0;
  uint64_t descriptors_max = 0;  // the limit now
  uint64_t threads = 0;
};

// Some system calls; where the kernel does not count descriptors (before Linux 6.2), one for each
// few hundred of them.
ProcessFacts process_facts();

// When the process started, in seconds since 1970, by the clocks as they are now. Ask once: the
// answer moves with adjustments of the system's time, and a change of it is taken for a restart.
double process_start_time();

// Connections that the kernel had to turn away because a listening socket's queue was full, of all
// sockets in this network namespace since it exists.
struct ListenLosses {
  uint64_t overflows = 0;  // the queue of established connections was full
  uint64_t drops = 0;      // any reason
};

// `file`: in the format of /proc/net/netstat. Zeros if it has no such numbers.
ListenLosses listen_losses(const std::string& file = "/proc/self/net/netstat");

}  // namespace echod
