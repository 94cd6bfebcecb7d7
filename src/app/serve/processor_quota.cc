#include "app/serve/processor_quota.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>

#include "app/serve/control_groups.h"

namespace echod {
namespace {

// The number in a file, or at its start; 0 if there is none ("max").
int64_t number_in(std::istream& in) {
  int64_t number = 0;
  return in >> number ? number : 0;
}

// Of one group. "150000 100000" or "max 100000" in v2; a file each in v1, where -1 is no limit.
std::optional<double> quota_of(const std::string& folder) {
  std::ifstream both(folder + "/cpu.max");
  int64_t quota = number_in(both);
  int64_t period = number_in(both);
  if (!both.is_open()) {
    std::ifstream quota_file(folder + "/cpu.cfs_quota_us");
    std::ifstream period_file(folder + "/cpu.cfs_period_us");
    quota = number_in(quota_file);
    period = number_in(period_file);
  }
  if (quota <= 0 || period <= 0) return std::nullopt;
  return static_cast<double>(quota) / static_cast<double>(period);
}

}  // namespace

std::optional<double> processor_quota_at(const std::string& root) {
  std::optional<double> least;
  for (const std::string& folder : control_group_folders(root, "cpu")) {
    const std::optional<double> quota = quota_of(folder);
    if (quota) least = std::min(*quota, least.value_or(*quota));
  }
  return least;
}

std::optional<double> processor_quota() { return processor_quota_at("/"); }

unsigned processors_within(std::optional<double> quota, unsigned usable) {
  if (!quota || *quota >= usable) return usable;
  return std::max(1U, static_cast<unsigned>(std::ceil(*quota)));
}

}  // namespace echod
