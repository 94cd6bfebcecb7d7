// Socket activation, as sd_listen_fds(3) describes it: a service manager opens the listening
// sockets and starts the service with them, as descriptors from 3 on. It needs no library.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "net/fd.h"

namespace echod {

struct InheritedSocket {
  Fd socket;
  std::string name;  // FileDescriptorName= of its unit; empty: none
};

inline constexpr int kInheritedSocketsMax = 256;

// The descriptors that LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES pass to this process, closed on
// exec; none if these variables are absent, or are for another process. Removes the variables; call
// it while there is one thread, and before anything is opened. The error is a line for people.
std::expected<std::vector<InheritedSocket>, std::string> take_inherited_sockets();

}  // namespace echod
