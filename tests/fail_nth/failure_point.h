// The one thing that fails in a run: the Nth of the server's fallible calls, be it a system call, a
// completion of io_uring or an allocation. Thread-safe, like the calls.
#pragma once

#include <cstdint>

namespace echod {

// Counts from zero, and lets call number `nth` (from 1) fail; 0: none. Calls are counted from now
// on, and only the server's: see is_client_side().
void arm_failure(uint64_t nth) noexcept;

// Calls so far.
uint64_t counted_calls() noexcept;

// Nothing is counted or fails any more. Returns how many calls there were.
uint64_t disarm_failure() noexcept;

// What failed since arm_failure(), as `recv: ECONNRESET`; null: nothing has.
const char* failed_call() noexcept;

// Counts a call that may fail. Returns whether this one is to, with number N; else 0.
uint64_t count_call(const char* name) noexcept;

// For what the modelled failures do themselves: on this thread nothing is counted while it lives.
class Uncounted {
 public:
  Uncounted() noexcept;
  Uncounted(const Uncounted&) = delete;
  Uncounted& operator=(const Uncounted&) = delete;
  ~Uncounted();

 private:
  bool before_;
};

}  // namespace echod
