// Sends without waiting: what the loops over non-blocking sends have in common.
#pragma once

#include "base/chunk.h"
#include "net/kernel.h"

namespace echod {

// Whether a system call failed only because it would block.
bool would_block(int os_error);

// Sends what the kernel takes of `chunk` on the socket `fd`, and drops it from its front. Returns 0
// if that is everything, or else the errno that ended it.
int send_chunk(Kernel& kernel, int fd, Chunk& chunk);

}  // namespace echod
