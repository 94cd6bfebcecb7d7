// The control groups (cgroups) of this process, whose limits hold for all that runs in them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace echod {

// The folders of the process's group and of each group above it, up to the root, for a controller
// ("memory"): of cgroup v2, and of v1 if the controller is mounted there (cgroups(7)). A limit is
// the strictest of theirs. A folder may be missing: in a container, the path is often that of the
// host, while the mount begins at the container's group.
//
// `root` is "/", or a file system made for a test; it ends with a slash.
std::vector<std::string> control_group_folders(const std::string& root,
                                               std::string_view controller);

}  // namespace echod
