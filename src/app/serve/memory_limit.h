// How much memory the system leaves to this process.
#pragma once

#include <cstdint>
#include <string>

namespace echod {

// The smallest of the machine's memory and the limits of the control groups that the process is in
// (cgroup v2: memory.max and memory.high, of each group up to the root; v1: memory.limit_in_bytes),
// in bytes. 0 where the system tells none of them.
uint64_t memory_limit();

// The same of a file system that begins at `root` instead of "/"; for tests.
uint64_t memory_limit_at(const std::string& root);

}  // namespace echod
