#include "app/bench/load/size_mix.h"

#include <gtest/gtest.h>

#include <map>

namespace echod {
namespace {

TEST(SizeMixTest, OneSizeIsThatSize) {
  const std::vector<SizeShare> shares = {{77, 3}};
  SizeMix mix(shares, 1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(mix.draw(), 77u);
}

TEST(SizeMixTest, DrawsByShares) {
  const std::vector<SizeShare> shares = {{10, 7}, {20, 2}, {30, 1}};
  SizeMix mix(shares, 1);
  std::map<uint64_t, int> counts;
  for (int i = 0; i < 100'000; ++i) ++counts[mix.draw()];
  EXPECT_EQ(counts.size(), 3u);
  EXPECT_NEAR(counts[10], 70'000, 1000);  // six standard deviations
  EXPECT_NEAR(counts[20], 20'000, 800);
  EXPECT_NEAR(counts[30], 10'000, 600);
}

TEST(SizeMixTest, TheSameSeedDrawsTheSame) {
  const std::vector<SizeShare> shares = {{10, 1}, {20, 1}};
  SizeMix first(shares, 5);
  SizeMix second(shares, 5);
  SizeMix other(shares, 6);
  int differences = 0;
  for (int i = 0; i < 100; ++i) {
    const uint64_t size = first.draw();
    EXPECT_EQ(size, second.draw());
    differences += size != other.draw() ? 1 : 0;
  }
  EXPECT_GT(differences, 10);
}

}  // namespace
}  // namespace echod
