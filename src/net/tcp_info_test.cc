// What the kernel tells of a connection's path.
#include "net/tcp_info.h"

#include <gtest/gtest.h>

#include "net/socket_test_util.h"

namespace echod {
namespace {

TEST(TcpInfoTest, OfATcpConnection) {
  SocketPair pair = tcp_pair();
  write_all(pair.far, "hello");
  EXPECT_EQ(read_exactly(pair.near, 5), "hello");
  const std::optional<TcpInfo> info = tcp_info_of(pair.far.get());
  ASSERT_TRUE(info);
  EXPECT_GT(info->rtt_us, 0u);
  EXPECT_GT(info->mss, 500u);
  EXPECT_GT(info->congestion_window, 0u);
}

TEST(TcpInfoTest, OthersHaveNone) {
  EXPECT_FALSE(tcp_info_of(unix_pair().near.get()));
  EXPECT_FALSE(tcp_info_of(-1));
}

}  // namespace
}  // namespace echod
