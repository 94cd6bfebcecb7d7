// How much memory is available to this process.
#pragma once

#include <cstdint>
#include <string>

namespace echod {

// The minimum of the machine's memory and the limits of the process's control groups (cgroup v2:
// memory.max and memory.high, of each group up to the root; v1: memory.limit_in_bytes), in bytes. 0
// if none is known.
uint64_t memory_limit();

// The same for a file system at `root` instead of "/"; for tests.
uint64_t memory_limit_at(const std::string& root);

}  // namespace echod
