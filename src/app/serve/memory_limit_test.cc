#include "app/serve/memory_limit.h"

#include <gtest/gtest.h>

#include "app/serve/fake_root_test_util.h"

namespace echod {
namespace {

class MemoryLimitTest : public FakeRootTest {
 protected:
  uint64_t limit() const { return memory_limit_at(root()); }
};

TEST_F(MemoryLimitTest, OfTheMachine) {
  EXPECT_EQ(limit(), 0u) << "nothing is known";
  put("proc/meminfo", "MemFree:  5 kB\nMemTotal:  2000 kB\n");
  EXPECT_EQ(limit(), 2000u * 1024);
}

TEST_F(MemoryLimitTest, OfEachGroupUpToTheRoot) {
  put("proc/meminfo", "MemTotal:  2000 kB\n");
  put("proc/self/cgroup", "0::/a/b\n");
  put("sys/fs/cgroup/a/b/memory.max", "max\n");
  EXPECT_EQ(limit(), 2000u * 1024);
  put("sys/fs/cgroup/a/memory.max", "1000000\n");
  EXPECT_EQ(limit(), 1'000'000u);
  put("sys/fs/cgroup/a/b/memory.high", "900000\n");
  EXPECT_EQ(limit(), 900'000u);
  put("sys/fs/cgroup/memory.max", "800000\n");
  EXPECT_EQ(limit(), 800'000u);
}

TEST_F(MemoryLimitTest, OfTheFirstVersion) {
  put("proc/meminfo", "MemTotal:  2000 kB\n");
  put("proc/self/cgroup", "3:cpu,cpuacct:/a\n4:memory:/a\n");
  put("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "700000\n");
  EXPECT_EQ(limit(), 700'000u);
}

TEST_F(MemoryLimitTest, OfThisMachine) { EXPECT_GT(memory_limit(), uint64_t{1} << 20); }

}  // namespace
}  // namespace echod
