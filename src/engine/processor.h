// CPUs: which ones the process may use, pinning a thread to one, and which one receives a socket's
// packets. Locality is the largest gain for an echo server: with a connection's softirq work,
// socket and event loop on one CPU, no data moves between caches and no thread is woken on another
// CPU.
#pragma once

#include <vector>

#include "base/clock.h"

namespace echod {

// The CPUs that this process may use, in ascending order; {0} if unknown.
std::vector<int> usable_processors();

// Pins the calling thread to `processor`. Returns whether that succeeded.
bool pin_this_thread(int processor) noexcept;

// The CPU on which the calling thread runs now; -1 if unknown.
int current_processor() noexcept;

// Makes the calling thread's timed waits end on time (timer slack); by default the kernel delays
// them by up to 50 us to batch wake-ups.
void wake_on_time() noexcept;

// CPU time used by the calling thread.
Duration thread_cpu_time() noexcept;

// The CPU that last received a packet for `socket` (SO_INCOMING_CPU); -1 if unknown.
int incoming_processor(int socket) noexcept;

// For a listening socket with a shared port: prefers it for clients whose first packet arrives on
// `processor`; -1: no preference, so the kernel chooses by a hash of the addresses.
void prefer_incoming_processor(int listener, int processor) noexcept;

}  // namespace echod
