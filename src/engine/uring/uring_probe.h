// Whether io_uring works here. Containers often forbid it, older kernels lack parts of it, and some
// answer wrongly, so echod does not ask for versions: it tries what it will use.
#pragma once

#include <expected>
#include <string>

namespace echod {

// Echoes through a UringLoop over a socket pair, lets a receive time out, and wakes the loop: what
// the uring engine relies on. The error says in words what failed. Takes a few milliseconds.
std::expected<void, std::string> probe_uring();

}  // namespace echod
