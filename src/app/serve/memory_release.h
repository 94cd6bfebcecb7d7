// Gives memory back to the system after a load. The allocator keeps what was freed, in the
// expectation that it is needed again, which for the connections of an attack it is not.
#pragma once

#include <cstddef>
#include <cstdint>

namespace echod {

class MemoryRelease {
 public:
  // Held above the least so far that is worth a release, in bytes.
  static constexpr uint64_t kWorthwhile = uint64_t{16} << 20;

  // To be called about once a second with the connections open and the resident size of the process
  // in bytes (0: unknown). Whether memory should be given back now: much is held, and there are
  // fewer connections than there were. One that does not help is tried less and less often.
  bool is_due(size_t connections, uint64_t resident);

 private:
  static constexpr uint32_t kPauseMax = 64;  // calls

  uint64_t least_ = UINT64_MAX;  // resident so far
  uint64_t before_ = 0;          // resident at the last release; 0: it was looked at
  size_t connections_most_ = 0;  // since the last release
  uint32_t pause_ = 1;           // calls between two releases
  uint32_t pause_left_ = 0;
};

// The resident size of this process in bytes; 0 where the system does not tell.
uint64_t resident_size();

// Gives the system back what the allocator holds and nobody uses. Takes a moment in which other
// threads may wait for the allocator.
void release_free_memory();

}  // namespace echod
