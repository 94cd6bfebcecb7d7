// Draws the sizes of messages as their shares say; the same ones again for the same seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/bench/bench_options.h"
#include "base/random.h"

namespace echod {

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
