#include "app/serve/memory_release.h"

#include <malloc.h>

#include <algorithm>
#include <fstream>

namespace echod {

bool MemoryRelease::is_due(size_t connections, uint64_t resident) {
  if (resident == 0) return false;
  least_ = std::min(least_, resident);
  connections_most_ = std::max(connections_most_, connections);
  if (before_ > 0) {  // evaluate the last release
    const bool helped = before_ > resident && before_ - resident >= kWorthwhile / 4;
    pause_ = helped ? 1 : std::min(2 * pause_, kPauseMax);
    pause_left_ = pause_;
    before_ = 0;
  }
  if (pause_left_ > 0) --pause_left_;
  const bool much = resident - least_ >= kWorthwhile;
  const bool fewer = connections <= connections_most_ / 2;
  if (!much || !fewer || pause_left_ > 0) return false;
  before_ = resident;
  return true;
}

uint64_t resident_size() {
  // In pages: proc(5). Accurate to a few hundred kilobytes.
  std::ifstream in("/proc/self/statm");
  uint64_t total = 0;
  uint64_t resident = 0;
  constexpr uint64_t kPageSize = 4096;
  return in >> total >> resident ? resident * kPageSize : 0;
}

void release_free_memory() { ::malloc_trim(0); }

}  // namespace echod
