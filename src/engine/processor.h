// Processors: which of them threads may use, tying a thread to one, and which of them the kernel
// takes a socket's packets in on. Locality is the largest gain there is for an echo server: with
// the connection's softirq work, its socket and its event loop on one processor, nothing is passed
// between caches and nobody has to be woken on another one.
#pragma once

#include <vector>

#include "base/clock.h"

namespace echod {

// The processors this process may run on, in rising order; {0} where the system does not tell.
std::vector<int> usable_processors();

// Lets the calling thread run on `processor` alone. Returns whether the system agreed.
bool pin_this_thread(int processor) noexcept;

// The processor the calling thread is on now; -1 where unknown.
int current_processor() noexcept;

// Makes the calling thread's timed waits end on time, where the kernel would delay them by up to
// 50 us so that wake-ups fall together.
void wake_on_time() noexcept;

// Processor time the calling thread has used.
Duration thread_cpu_time() noexcept;

// The processor that last took in a packet for `socket` (SO_INCOMING_CPU); -1 where unknown.
int incoming_processor(int socket) noexcept;

// For a listening socket that shares its port: prefers it for clients whose first packet comes in
// on `processor`; -1 for none, which leaves the choice to the kernel's hash of the addresses.
void prefer_incoming_processor(int listener, int processor) noexcept;

}  // namespace echod
