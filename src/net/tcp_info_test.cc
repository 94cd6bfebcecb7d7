// What the kernel tells of a connection's path.
#include "net/tcp_info.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>
#include <vector>

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

// Of a queue of one, of which Linux fills one more, and drops what comes then.
TEST(ListenQueueTest, CountsWhoWaitsAndWhoIsDropped) {
  TestListener listener = listen_on_loopback({});
  ASSERT_EQ(::listen(listener.socket.get(), 1), 0);
  std::vector<Fd> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    ::connect(clients.back().get(), listener.endpoint.get(), listener.endpoint.size());
  }
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::optional<ListenQueue> queue;
  do {
    queue = listen_queue_of(listener.socket.get());
    ASSERT_TRUE(queue);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  } while ((queue->length < 2 || queue->drops == 0) && std::chrono::steady_clock::now() < deadline);
  EXPECT_EQ(queue->limit, 1u);
  EXPECT_EQ(queue->length, 2u);
  EXPECT_GE(queue->drops, 1u);
}

TEST(ListenQueueTest, OthersHaveNone) {
  EXPECT_FALSE(listen_queue_of(tcp_pair().near.get()));
  EXPECT_FALSE(listen_queue_of(unix_pair().near.get()));
  EXPECT_FALSE(listen_queue_of(-1));
}

TEST(TcpInfoTest, OthersHaveNone) {
  EXPECT_FALSE(tcp_info_of(unix_pair().near.get()));
  EXPECT_FALSE(tcp_info_of(-1));
}

}  // namespace
}  // namespace echod
