#include "app/bench/load/size_mix.h"

#include <charconv>

#include "app/cli/units.h"

namespace echod {

std::optional<std::vector<SizeShare>> parse_size_mix(std::string_view text) {
  std::vector<SizeShare> shares;
  for (std::string_view part : split(text, ',')) {
    uint32_t weight = 1;
    if (const size_t colon = part.find(':'); colon != std::string_view::npos) {
      const std::string_view number = part.substr(colon + 1);
      auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), weight);
      if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
      part = part.substr(0, colon);
    }
    const std::optional<uint64_t> size = parse_size(part);
    if (!size || *size < 1 || *size > kMessageSizeMax || weight == 0) return std::nullopt;
    shares.push_back({*size, weight});
  }
  return shares;
}

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
