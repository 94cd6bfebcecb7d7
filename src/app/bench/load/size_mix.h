// The mix of message sizes: how it is written, and drawing from it. The same seed draws the same
// sizes again.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "app/bench/bench_options.h"
#include "base/random.h"

namespace echod {

inline constexpr uint64_t kMessageSizeMax = uint64_t{1} << 30;  // bytes

// "64", "64:9,1KiB:1": sizes from 1 to kMessageSizeMax with their shares, 1 where none is given.
// Nothing where `text` is not of that form.
std::optional<std::vector<SizeShare>> parse_size_mix(std::string_view text);

class SizeMix {
 public:
  SizeMix(const std::vector<SizeShare>& shares, uint64_t seed);

  uint64_t draw() {
    if (shares_.size() == 1) return shares_.front().size;
    return draw_weighted();
  }

 private:
  uint64_t draw_weighted();

  const std::vector<SizeShare>& shares_;
  uint64_t weight_sum_ = 0;
  Random random_;
};

}  // namespace echod
