#include "app/bench/load/size_mix.h"

namespace echod {

SizeMix::SizeMix(const std::vector<SizeShare>& shares, uint64_t seed)
    : shares_(shares), random_(seed) {
  for (const SizeShare& share : shares) weight_sum_ += share.weight;
}

uint64_t SizeMix::draw_weighted() {
  uint64_t value = random_.below(weight_sum_);
  for (const SizeShare& share : shares_) {
    if (value < share.weight) return share.size;
    value -= share.weight;
  }
  return shares_.back().size;
}

}  // namespace echod
