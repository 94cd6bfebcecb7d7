// The machine's name.
#pragma once

#include <string>

namespace echod {

// gethostname(2): in a container or a pod, its name. Empty if the system has none.
std::string host_name();

}  // namespace echod
