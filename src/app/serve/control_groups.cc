#include "app/serve/control_groups.h"

#include <fmt/format.h>

#include <fstream>

namespace echod {
namespace {

bool names(std::string_view controllers, std::string_view wanted) {
  while (true) {
    const size_t comma = controllers.find(',');
    if (controllers.substr(0, comma) == wanted) return true;
    if (comma == std::string_view::npos) return false;
    controllers.remove_prefix(comma + 1);
  }
}

void add_up_to_root(const std::string& mount, std::string path, std::vector<std::string>& folders) {
  while (true) {
    folders.push_back(mount + path);
    const size_t end = path.rfind('/');
    if (end == std::string::npos) return;
    path.resize(end);
  }
}

}  // namespace

std::vector<std::string> control_group_folders(const std::string& root,
                                               std::string_view controller) {
  std::vector<std::string> folders;
  const std::string mounts = root + "sys/fs/cgroup";
  // Lines of "NUMBER:CONTROLLERS:/PATH"; v2 has no controllers there.
  std::ifstream in(root + "proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers.empty()) {
      add_up_to_root(mounts, path, folders);
    } else if (names(controllers, controller)) {
      // Mounted together ("cpu,cpuacct"), with a symbolic link for each that may be missing.
      add_up_to_root(fmt::format("{}/{}", mounts, controllers), path, folders);
      if (controllers != controller) {
        add_up_to_root(fmt::format("{}/{}", mounts, controller), path, folders);
      }
    }
  }
  return folders;
}

}  // namespace echod
