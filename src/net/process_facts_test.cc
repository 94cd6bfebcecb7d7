// Facts of this process, and the kernel's counters in its own format.
#include "net/process_facts.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "net/fd.h"

namespace echod {
namespace {

TEST(ProcessFactsTest, AreThoseOfThisProcess) {
  const ProcessFacts facts = process_facts();
  EXPECT_GT(facts.resident_size, 1u << 20);
  EXPECT_GT(facts.virtual_size, facts.resident_size);
  EXPECT_GE(facts.threads, 1u);
  EXPECT_GE(facts.open_descriptors, 3u);
  EXPECT_GT(facts.descriptors_max, facts.open_descriptors);
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_LE(process_start_time(), now + 1);
  EXPECT_GT(process_start_time(), now - 86400);
}

TEST(ListenLossesTest, AreFoundByName) {
  const std::string file = testing::TempDir() + "netstat";
  std::ofstream(file) << "TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPHPHits\n"
                         "TcpExt: 1 22 333 4444\n"
                         "IpExt: ListenDrops\nIpExt: 5\n";
  const ListenLosses losses = listen_losses(file);
  EXPECT_EQ(losses.overflows, 22u);
  EXPECT_EQ(losses.drops, 333u);
}

TEST(ListenLossesTest, AreZeroWhereTheKernelSaysNothing) {
  EXPECT_EQ(listen_losses("/nonexistent").drops, 0u);
  const std::string file = testing::TempDir() + "netstat_odd";
  std::ofstream(file) << "TcpExt: A ListenDrops\nTcpExt: 1\nTcpExt: ListenDrops\n";
  EXPECT_EQ(listen_losses(file).drops, 0u);
}

}  // namespace
}  // namespace echod
