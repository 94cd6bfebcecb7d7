// Tests whether io_uring works on this system. Containers often forbid it, older kernels lack parts
// of it, and some report wrong features. So echod does not check versions: it tries the operations
// that it will use.
#pragma once

#include <expected>
#include <string>

namespace echod {

// Echoes through a UringLoop over a socket pair, lets a receive time out, and wakes the loop: what
// the uring engine relies on. The error text says what failed. Takes a few milliseconds.
std::expected<void, std::string> probe_uring();

}  // namespace echod
