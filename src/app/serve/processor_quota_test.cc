#include "app/serve/processor_quota.h"

#include <gtest/gtest.h>

#include "app/serve/fake_root_test_util.h"

namespace echod {
namespace {

class ProcessorQuotaTest : public FakeRootTest {
 protected:
  std::optional<double> quota() const { return processor_quota_at(root()); }
};

TEST_F(ProcessorQuotaTest, NoneIsKnown) {
  EXPECT_EQ(quota(), std::nullopt);
  put("proc/self/cgroup", "0::/a\n");
  EXPECT_EQ(quota(), std::nullopt) << "no such file";
  put("sys/fs/cgroup/a/cpu.max", "max 100000\n");
  EXPECT_EQ(quota(), std::nullopt);
}

TEST_F(ProcessorQuotaTest, IsTheStrictestUpToTheRoot) {
  put("proc/self/cgroup", "0::/a/b\n");
  put("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  put("sys/fs/cgroup/a/cpu.max", "150000 100000\n");
  EXPECT_EQ(quota(), 1.5);
  put("sys/fs/cgroup/a/b/cpu.max", "25000 10000\n");
  EXPECT_EQ(quota(), 1.5);
  put("sys/fs/cgroup/a/b/cpu.max", "2500 10000\n");
  EXPECT_EQ(quota(), 0.25);
}

// A container sees its own group as the root of the mount, under the path that the host has for it.
TEST_F(ProcessorQuotaTest, OfAContainer) {
  put("proc/self/cgroup", "0::/kubepods/pod1/container1\n");
  put("sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(quota(), 2.0);
}

TEST_F(ProcessorQuotaTest, OfTheFirstVersion) {
  put("proc/self/cgroup", "4:memory:/x\n3:cpu,cpuacct:/a\n0::/\n");
  put("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "-1\n");
  put("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), std::nullopt);
  put("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "50000\n");
  EXPECT_EQ(quota(), 0.5);
  put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "40000\n");
  put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), 0.4) << "mounted under its own name";
}

TEST_F(ProcessorQuotaTest, IgnoresWhatItCannotRead) {
  put("proc/self/cgroup", "\n:\n::\n0::/a\n");
  for (const char* text : {"", "x y\n", "100000\n", "100000 0\n", "-5 100000\n"}) {
    put("sys/fs/cgroup/a/cpu.max", text);
    EXPECT_EQ(quota(), std::nullopt) << text;
  }
}

TEST(ProcessorsWithinTest, RoundsUpWithinWhatIsUsable) {
  EXPECT_EQ(processors_within(std::nullopt, 64), 64u);
  EXPECT_EQ(processors_within(1.0, 64), 1u);
  EXPECT_EQ(processors_within(1.5, 64), 2u);
  EXPECT_EQ(processors_within(0.1, 64), 1u);
  EXPECT_EQ(processors_within(64.5, 64), 64u);
  EXPECT_EQ(processors_within(1e9, 2), 2u);
}

}  // namespace
}  // namespace echod
