#include "process.h"

#include <dirent.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

namespace torture {
namespace {

struct Stat {
  char state = '?';
  int parent = 0;
  double cpu_s = 0;
  uint64_t threads = 0;
};

std::optional<Stat> stat_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return std::nullopt;
  // The name may hold spaces and brackets; what follows the last bracket is plain.
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  Stat stat;
  std::string skipped;
  fields >> stat.state >> stat.parent;
  for (int field = 5; field < 14; ++field) fields >> skipped;
  uint64_t user = 0, system = 0, children_user = 0, children_system = 0;
  fields >> user >> system >> children_user >> children_system >> skipped >> skipped >>
      stat.threads;
  if (!fields) return std::nullopt;
  stat.cpu_s = static_cast<double>(user + system + children_user + children_system) /
               static_cast<double>(sysconf(_SC_CLK_TCK));
  return stat;
}

std::vector<int> numbered_entries(const std::string& directory) {
  std::vector<int> numbers;
  DIR* open = opendir(directory.c_str());
  if (open == nullptr) return numbers;
  while (const dirent* entry = readdir(open)) {
    const std::string name = entry->d_name;
    int number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc{} && end == name.data() + name.size()) numbers.push_back(number);
  }
  closedir(open);
  return numbers;
}

// The proportional share, or all it has resident where that is not told.
uint64_t memory_of(int pid) {
  const std::string directory = "/proc/" + std::to_string(pid);
  std::ifstream file(directory + "/smaps_rollup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Pss:")) return std::stoull(line.substr(4)) * 1024;
  }
  std::ifstream statm(directory + "/statm");
  uint64_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

bool ServerProcess::is_alive() const {
  if (pid_ == 0) return true;
  const auto stat = stat_of(pid_);
  return stat && stat->state != 'Z' && stat->state != 'X';
}

std::vector<int> ServerProcess::tree() const {
  std::multimap<int, int> children;
  for (const int pid : numbered_entries("/proc")) {
    // A server may be what started this client; it is no part of it all the same.
    if (pid == getpid()) continue;
    if (const auto stat = stat_of(pid)) children.emplace(stat->parent, pid);
  }
  std::vector<int> found{pid_};
  for (size_t next = 0; next < found.size(); ++next) {
    const auto [begin, end] = children.equal_range(found[next]);
    for (auto child = begin; child != end; ++child) found.push_back(child->second);
  }
  return found;
}

std::optional<ProcessFigures> ServerProcess::figures() const {
  if (pid_ == 0 || !is_alive()) return std::nullopt;
  ProcessFigures sum;
  for (const int pid : tree()) {
    const auto stat = stat_of(pid);
    if (!stat || stat->state == 'Z') continue;
    sum.memory += memory_of(pid);
    sum.descriptors += numbered_entries("/proc/" + std::to_string(pid) + "/fd").size();
    sum.threads += stat->threads;
    sum.processes += 1;
    sum.cpu_s += stat->cpu_s;
  }
  return sum;
}

std::optional<uint64_t> ServerProcess::descriptors() const {
  if (pid_ == 0 || !is_alive()) return std::nullopt;
  uint64_t sum = 0;
  for (const int pid : tree())
    sum += numbered_entries("/proc/" + std::to_string(pid) + "/fd").size();
  return sum;
}

std::optional<double> ServerProcess::cpu_s() const {
  if (pid_ == 0 || !is_alive()) return std::nullopt;
  double sum = 0;
  for (const int pid : tree()) {
    if (const auto stat = stat_of(pid)) sum += stat->cpu_s;
  }
  return sum;
}

std::optional<uint64_t> kernel_memory_of_machine() {
  std::ifstream file("/proc/net/sockstat");
  for (std::string line; std::getline(file, line);) {
    const auto at = line.find(" mem ");
    if (line.starts_with("TCP:") && at != std::string::npos) {
      return std::stoull(line.substr(at + 5)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    }
  }
  return std::nullopt;
}

}  // namespace torture
