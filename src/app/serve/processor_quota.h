// How much CPU time this process may use, as its control groups limit it. A container's CPU limit
// is such a quota (Kubernetes resources.limits.cpu, docker run --cpus): in each period, usually 100
// ms, all threads together may run for that long, and then wait for the next.
#pragma once

#include <optional>
#include <string>

namespace echod {

// The minimum over the process's control groups, in CPUs (1.5: 150 ms of each 100 ms); none if
// there is no limit. From cpu.max of cgroup v2, cpu.cfs_quota_us and cpu.cfs_period_us of v1, of
// each group up to the root.
std::optional<double> processor_quota();

// The same for a file system at `root` instead of "/"; for tests.
std::optional<double> processor_quota_at(const std::string& root);

// How many CPUs are worth a worker each: the quota rounded up, at least 1, at most the `usable`
// CPUs of the machine.
unsigned processors_within(std::optional<double> quota, unsigned usable);

}  // namespace echod
