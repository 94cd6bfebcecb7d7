#include "app/bench/size_mix.h"

namespace echod {

SizeMix::SizeMix(const std::vector<SizeShare>& shares, uint64_t seed)
    : shares_(shares), state_(seed * 2 + 1) {
  for (const SizeShare& share : shares) weight_sum_ += share.weight;
}

uint64_t SizeMix::draw_weighted() {
  // splitmix64 (Vigna): one step of a Weyl sequence, scrambled.
  state_ += 0x9e3779b97f4a7c15;
  uint64_t value = state_;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  value = (value ^ value >> 31) % weight_sum_;  // the bias of % is below 2^-32 here
  for (const SizeShare& share : shares_) {
    if (value < share.weight) return share.size;
    value -= share.weight;
  }
  return shares_.back().size;
}

}  // namespace echod
