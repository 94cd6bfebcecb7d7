// Lets a simulation refuse memory: coroutine frames and pooled buffers, which is what a connection
// takes as it goes, ask here first. Outside a MemoryFaultsScope nothing is refused. It is the
// thread's, and not handed down with the Worker, because operator new is given nothing but a size.
#pragma once

#include <utility>

namespace echod {

class MemoryFaults {
 public:
  // Whether the allocation about to be made on this thread is to fail.
  virtual bool refuses_memory() noexcept = 0;

 protected:
  ~MemoryFaults() = default;
};

namespace internal {
inline constinit thread_local MemoryFaults* memory_faults = nullptr;
}

inline bool memory_refused() noexcept {
  return internal::memory_faults != nullptr && internal::memory_faults->refuses_memory();
}

// While it lives, `faults` decides about this thread's allocations; null: none is refused. Scopes
// nest.
class MemoryFaultsScope {
 public:
  explicit MemoryFaultsScope(MemoryFaults* faults) noexcept
      : before_(std::exchange(internal::memory_faults, faults)) {}
  MemoryFaultsScope(const MemoryFaultsScope&) = delete;
  MemoryFaultsScope& operator=(const MemoryFaultsScope&) = delete;
  ~MemoryFaultsScope() { internal::memory_faults = before_; }

 private:
  MemoryFaults* before_;
};

}  // namespace echod
