#include "app/serve/memory_limit.h"

#include <algorithm>
#include <fstream>
#include <limits>

#include "app/serve/control_groups.h"

namespace echod {
namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

// The number at the start of a file; kNoLimit if there is no such file, or it says "max".
uint64_t number_in(const std::string& file) {
  std::ifstream in(file);
  uint64_t number = 0;
  return in >> number ? number : kNoLimit;
}

uint64_t machine_memory(const std::string& root) {
  std::ifstream in(root + "proc/meminfo");
  std::string name;
  uint64_t kibibytes = 0;
  while (in >> name >> kibibytes) {
    if (name == "MemTotal:") return kibibytes * 1024;
    std::getline(in, name);
  }
  return kNoLimit;
}

}  // namespace

uint64_t memory_limit_at(const std::string& root) {
  uint64_t limit = machine_memory(root);
  for (const std::string& folder : control_group_folders(root, "memory")) {
    for (const char* file : {"/memory.max", "/memory.high", "/memory.limit_in_bytes"})
      limit = std::min(limit, number_in(folder + file));
  }
  return limit == kNoLimit ? 0 : limit;
}

uint64_t memory_limit() { return memory_limit_at("/"); }

}  // namespace echod
