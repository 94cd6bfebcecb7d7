// Chance that can be repeated: everything that draws is given a Random, and the same seed gives the
// same draws on every machine and with every standard library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace echod {

// splitmix64 (Vigna): one step of a Weyl sequence, scrambled. Not for secrets.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t value = state_;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return value ^ value >> 31;
  }

  // In [0, limit), 0 where `limit` is 0. The bias is below limit / 2^64.
  uint64_t below(uint64_t limit) { return limit == 0 ? 0 : next() % limit; }

  // In [low, high].
  uint64_t between(uint64_t low, uint64_t high) { return low + below(high - low + 1); }

  // In [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  bool chance(double probability) { return probability > 0 && uniform() < probability; }

  // Puts them in any order.
  template <typename T>
  void shuffle(std::vector<T>& items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

  // Small numbers are as likely as large ones: a power of two up to about `high`, and less than
  // twice it; in [1, high].
  uint64_t spread(uint64_t high) {
    unsigned bits = 0;
    while (high >> (bits + 1) != 0) ++bits;
    const uint64_t value = uint64_t{1} << below(bits + 1);
    const uint64_t drawn = value + below(value);
    return drawn < high ? drawn : high;
  }

 private:
  uint64_t state_;
};

}  // namespace echod
