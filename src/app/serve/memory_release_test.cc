#include "app/serve/memory_release.h"

#include <gtest/gtest.h>

namespace echod {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

TEST(MemoryReleaseTest, AfterALoadIsGone) {
  MemoryRelease release;
  EXPECT_FALSE(release.is_due(0, 10 * kMiB));
  EXPECT_FALSE(release.is_due(1000, 2000 * kMiB)) << "they are still there";
  EXPECT_TRUE(release.is_due(0, 2000 * kMiB));
  EXPECT_FALSE(release.is_due(0, 12 * kMiB)) << "it helped";
}

TEST(MemoryReleaseTest, NotForALittle) {
  MemoryRelease release;
  EXPECT_FALSE(release.is_due(0, 10 * kMiB));
  EXPECT_FALSE(release.is_due(100, 20 * kMiB));
  EXPECT_FALSE(release.is_due(0, 20 * kMiB));
  EXPECT_FALSE(release.is_due(0, 0)) << "nothing is known";
}

TEST(MemoryReleaseTest, LessAndLessOftenWhereItDoesNotHelp) {
  MemoryRelease release;
  release.is_due(0, 10 * kMiB);
  release.is_due(1000, 2000 * kMiB);
  int releases = 0;
  for (int second = 0; second < 1000; ++second) releases += release.is_due(0, 2000 * kMiB) ? 1 : 0;
  EXPECT_GE(releases, 2);
  EXPECT_LE(releases, 30);
}

TEST(MemoryReleaseTest, OfThisProcess) {
  EXPECT_GT(resident_size(), kMiB);
  release_free_memory();
}

}  // namespace
}  // namespace echod
