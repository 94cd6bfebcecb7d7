// The modelled kernel by itself: what the engines rely on, without faults.
#include "sim/sim_kernel.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cerrno>
#include <string>

#include "net/socket_options.h"

namespace echod::sim {
namespace {

class SimKernelTest : public testing::Test {
 protected:
  Endpoint server() const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(80);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  }

  // Delivers everything in flight.
  void settle() {
    SimNetwork& network = kernel_.network();
    while (network.next() != kNever) {
      network.advance(network.next());
      network.deliver();
    }
  }

  // A client's and the server's end of a new connection.
  void connect() {
    listener_ = *listen_on(server(), {});
    client_ = *client_socket(AF_INET, {});
    EXPECT_EQ(kernel_.connect(client_.get(), server().get(), server().size()), -1);
    EXPECT_EQ(errno, EINPROGRESS);
    settle();
    accepted_ = Fd(kernel_.accept4(listener_.get(), nullptr, nullptr, 0));
    ASSERT_TRUE(accepted_.valid());
  }

  ssize_t send(const Fd& from, const std::string& bytes) {
    return kernel_.send(from.get(), bytes.data(), bytes.size(), 0);
  }

  std::string receive(const Fd& to) {
    std::string bytes(100'000, '\0');
    const ssize_t size = kernel_.recv(to.get(), bytes.data(), bytes.size(), 0);
    bytes.resize(size < 0 ? 0 : static_cast<size_t>(size));
    return bytes;
  }

  Random random_{1};
  Faults faults_;
  SimKernel kernel_{random_, faults_};
  KernelScope scope_{kernel_};
  Fd listener_;
  Fd client_;
  Fd accepted_;
};

TEST_F(SimKernelTest, BytesArriveInOrderAndNotAtOnce) {
  connect();
  EXPECT_EQ(send(client_, "hello "), 6);
  EXPECT_EQ(send(client_, "world"), 5);
  EXPECT_EQ(receive(accepted_), "");
  EXPECT_EQ(errno, EAGAIN);
  settle();
  EXPECT_EQ(receive(accepted_), "hello world");
}

TEST_F(SimKernelTest, TheEndComesAfterTheLastByte) {
  connect();
  send(client_, "bye");
  EXPECT_EQ(kernel_.shutdown(client_.get(), SHUT_WR), 0);
  settle();
  EXPECT_EQ(receive(accepted_), "bye");
  std::byte byte{};
  EXPECT_EQ(kernel_.recv(accepted_.get(), &byte, 1, 0), 0);
  EXPECT_EQ(send(accepted_, "still open this way"), 19);
  settle();
  EXPECT_EQ(receive(client_), "still open this way");
}

TEST_F(SimKernelTest, ASenderWaitsForRoom) {
  connect();
  const std::string much(1 << 20, 'x');
  const ssize_t taken = send(client_, much);
  EXPECT_GT(taken, 0);
  EXPECT_LT(taken, 1 << 20);
  EXPECT_EQ(send(client_, much), -1);
  EXPECT_EQ(errno, EAGAIN);
  settle();
  EXPECT_EQ(receive(accepted_).size(), static_cast<size_t>(taken));
  settle();
  EXPECT_GT(send(client_, much), 0);
}

TEST_F(SimKernelTest, ClosingWithUnreadBytesResets) {
  connect();
  send(client_, "unread");
  settle();
  accepted_.close();
  settle();
  std::byte byte{};
  EXPECT_EQ(kernel_.recv(client_.get(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST_F(SimKernelTest, SendingToWhoIsGoneResets) {
  connect();
  accepted_.close();
  settle();
  EXPECT_EQ(send(client_, "anyone?"), 7);
  settle();
  EXPECT_EQ(send(client_, "anyone?"), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST_F(SimKernelTest, WhereNobodyListensAClientIsRefused) {
  client_ = *client_socket(AF_INET, {});
  kernel_.connect(client_.get(), server().get(), server().size());
  settle();
  EXPECT_EQ(kernel_.connect(client_.get(), server().get(), server().size()), -1);
  EXPECT_EQ(errno, ECONNREFUSED);
}

TEST_F(SimKernelTest, AnEdgeTriggeredEventComesOncePerNews) {
  connect();
  Fd epoll(kernel_.epoll_create1(0));
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u64 = 7}};
  ASSERT_EQ(kernel_.epoll_ctl(epoll.get(), EPOLL_CTL_ADD, accepted_.get(), &event), 0);
  epoll_event found{};
  EXPECT_EQ(kernel_.epoll_wait(epoll.get(), &found, 1, -1), 0) << "it never blocks";
  EXPECT_EQ(kernel_.take_wait().until, kNever);
  send(client_, "news");
  settle();
  EXPECT_EQ(kernel_.epoll_wait(epoll.get(), &found, 1, -1), 1);
  const uint64_t whose = found.data.u64;  // a copy: the structure is packed
  EXPECT_EQ(whose, 7u);
  EXPECT_EQ(kernel_.epoll_wait(epoll.get(), &found, 1, -1), 0) << "unread, but no news";
}

TEST_F(SimKernelTest, KnowsWhatIsLeftOpen) {
  EXPECT_EQ(kernel_.open_descriptors(), 0u);
  connect();
  EXPECT_EQ(kernel_.open_descriptors(), 3u);
  client_.close();
  EXPECT_EQ(kernel_.open_descriptors(), 2u);
}

}  // namespace
}  // namespace echod::sim
