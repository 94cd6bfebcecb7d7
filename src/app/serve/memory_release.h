// Returns memory to the system after a load peak. The allocator keeps freed memory because it
// expects to need it again; after an attack it does not.
#pragma once

#include <cstddef>
#include <cstdint>

namespace echod {

class MemoryRelease {
 public:
  // The minimum excess over the lowest resident size so far that is worth a release, in bytes.
  static constexpr uint64_t kWorthwhile = uint64_t{16} << 20;

  // Call this about once a second with the number of open connections and the process's resident
  // size in bytes (0: unknown). Returns whether to release memory now: if much is held and there
  // are fewer connections than before. If a release does not help, the next attempts become rarer.
  bool is_due(size_t connections, uint64_t resident);

 private:
  static constexpr uint32_t kPauseMax = 64;  // calls

  uint64_t least_ = UINT64_MAX;  // lowest resident size so far
  uint64_t before_ = 0;          // resident size at the last release; 0: already evaluated
  size_t connections_most_ = 0;  // maximum since the last release
  uint32_t pause_ = 1;           // calls between two releases
  uint32_t pause_left_ = 0;
};

// The resident size of this process in bytes; 0 if unknown.
uint64_t resident_size();

// Returns the allocator's unused memory to the system. Meanwhile other threads may wait for the
// allocator.
void release_free_memory();

}  // namespace echod
