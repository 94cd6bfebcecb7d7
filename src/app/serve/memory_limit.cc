#include "app/serve/memory_limit.h"

#include <algorithm>
#include <fstream>
#include <limits>

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

uint64_t group_limit(const std::string& controller, std::string path,
                     std::initializer_list<const char*> files) {
  uint64_t limit = kNoLimit;
  while (true) {
    for (const char* file : files)
      limit = std::min(limit, number_in(controller + path + "/" + file));
    const size_t end = path.rfind('/');
    if (end == std::string::npos) return limit;
    path.resize(end);
  }
}

}  // namespace

uint64_t memory_limit_at(const std::string& root) {
  uint64_t limit = machine_memory(root);
  const std::string groups = root + "sys/fs/cgroup";
  // Lines of "NUMBER:CONTROLLERS:/PATH", cgroups(7).
  std::ifstream in(root + "proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers.empty()) {
      limit = std::min(limit, group_limit(groups, path, {"memory.max", "memory.high"}));
    } else if (controllers == "memory") {
      limit = std::min(limit, group_limit(groups + "/memory", path, {"memory.limit_in_bytes"}));
    }
  }
  return limit == kNoLimit ? 0 : limit;
}

uint64_t memory_limit() { return memory_limit_at("/"); }

}  // namespace echod
