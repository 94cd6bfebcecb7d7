// Listening sockets: which sockets may share a port, and what accepted connections inherit.
#include "net/socket_options.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <cerrno>
#include <string>
#include <vector>

#include "net/socket_test_util.h"

namespace echod {
namespace {

// A client and the connection that `options`' listener accepted from it.
struct Connection {
  Fd accepted;
  Fd client;
};

Connection connection_with(const SocketOptions& options) {
  SocketPair pair = tcp_pair(options);
  return {std::move(pair.near), std::move(pair.far)};
}

// A listening socket of some other program.
Fd foreign_listener(bool reuses_port) {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  int on = reuses_port ? 1 : 0;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  Endpoint any_port = loopback();
  ECHOD_CHECK(::bind(socket.get(), any_port.get(), any_port.size()) == 0);
  ECHOD_CHECK(::listen(socket.get(), 1) == 0);
  return socket;
}

TEST(ListenTest, AcceptsClients) {
  Connection connection = connection_with({.blocking = true});
  write_all(connection.client, "hello");
  EXPECT_EQ(read_exactly(connection.accepted, 5), "hello");
}

TEST(ListenTest, WaitsOrDoesNotAsAsked) {
  TestListener waiting = listen_on_loopback({.blocking = true});
  TestListener not_waiting = listen_on_loopback({.blocking = false});
  EXPECT_EQ(::fcntl(waiting.socket.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(not_waiting.socket.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(waiting.socket.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(ListenTest, APortInUseIsAnError) {
  TestListener ours = listen_on_loopback({});
  Result<Fd> second = listen_on(ours.endpoint, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kAddressInUse);
}

TEST(ListenTest, APortOfAnotherProgramIsAnErrorHoweverItIsShared) {
  for (bool foreign_shares : {false, true}) {
    Fd foreign = foreign_listener(foreign_shares);
    Endpoint taken = Endpoint::local_of(foreign.get());
    for (bool shared : {false, true}) {
      Result<Fd> socket = listen_on(taken, {.shared_port = shared});
      ASSERT_FALSE(socket) << foreign_shares << shared;
      EXPECT_EQ(socket.error().code, Errc::kAddressInUse);
    }
  }
}

TEST(ListenTest, SocketsOfOneListenerShareItsPort) {
  SocketOptions options{.shared_port = true, .blocking = true};
  std::vector<Fd> sockets;
  sockets.push_back(std::move(*listen_on(loopback(), options, true)));
  Endpoint endpoint = Endpoint::local_of(sockets[0].get());
  for (int i = 0; i < 3; ++i) {
    Result<Fd> sibling = listen_on(endpoint, options, false);
    ASSERT_TRUE(sibling) << describe(sibling.error());
    EXPECT_EQ(Endpoint::local_of(sibling->get()), endpoint);
    sockets.push_back(std::move(*sibling));
  }
  Result<Fd> another_first = listen_on(endpoint, options, true);
  EXPECT_FALSE(another_first) << "a second server must see that the port is taken";
}

TEST(ListenTest, AnAddressOfAnotherMachineIsInvalid) {
  Result<Fd> socket = listen_on(ipv4_endpoint(0xC0000201, 0), {});  // 192.0.2.1, for documents
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code, Errc::kAddressInvalid);
}

TEST(ListenTest, AnyIpv6AddressTakesIpv4Too) {
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  Endpoint endpoint = Endpoint::from_sockaddr(reinterpret_cast<sockaddr*>(&any), sizeof(any));
  Result<Fd> listener = listen_on(endpoint, {.blocking = true});
  if (!listener) GTEST_SKIP() << "no IPv6 here: " << describe(listener.error());
  uint16_t port = Endpoint::local_of(listener->get()).port();
  Fd client = connect_to(loopback(port));
  Fd accepted(::accept4(listener->get(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_TRUE(accepted.valid());
}

TEST(ListenTest, ConnectionsInheritTheOptions) {
  Connection connection = connection_with({.unsent_size_max = 77 * 1024, .blocking = true});
  EXPECT_EQ(option_of(connection.accepted, IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(option_of(connection.accepted, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option_of(connection.accepted, SOL_SOCKET, SO_OOBINLINE), 1);
  EXPECT_EQ(option_of(connection.accepted, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 77 * 1024);
}

TEST(ListenTest, ConnectionsInheritBufferSizes) {
  Connection connection = connection_with({.buffer_size = 64 * 1024, .blocking = true});
  EXPECT_EQ(option_of(connection.accepted, SOL_SOCKET, SO_RCVBUF), 64 * 1024);
  EXPECT_EQ(option_of(connection.accepted, SOL_SOCKET, SO_SNDBUF), 64 * 1024);
}

TEST(ListenTest, ZeroLeavesTheKernelsDefaults) {
  Connection ours = connection_with({.unsent_size_max = 0, .buffer_size = 0, .blocking = true});
  Fd foreign = foreign_listener(false);
  Fd client = connect_to(Endpoint::local_of(foreign.get()));
  Fd theirs(::accept4(foreign.get(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_EQ(option_of(ours.accepted, SOL_SOCKET, SO_RCVBUF),
            option_of(theirs, SOL_SOCKET, SO_RCVBUF));
  EXPECT_EQ(option_of(ours.accepted, IPPROTO_TCP, TCP_NOTSENT_LOWAT),
            option_of(theirs, IPPROTO_TCP, TCP_NOTSENT_LOWAT));
}

TEST(ResetOnCloseTest, ThePeerSeesAReset) {
  SocketPair pair = tcp_pair();
  reset_on_close(pair.near.get());
  pair.near.close();
  EXPECT_EQ(end_of(pair.far), ECONNRESET);
}

TEST(ResetOnCloseTest, WithoutItThePeerSeesTheEnd) {
  SocketPair pair = tcp_pair();
  pair.near.close();
  EXPECT_TRUE(at_end(pair.far));
}

TEST(HoldReceiveBufferTest, HoldsAndLetsGo) {
  SocketPair pair = tcp_pair();
  hold_receive_buffer(pair.near.get(), true);
  EXPECT_TRUE(receive_buffer_held(pair.near.get()));
  hold_receive_buffer(pair.near.get(), false);
  EXPECT_FALSE(receive_buffer_held(pair.near.get()));
}

// Sends small segments until the other end has no room for more.
void fill(const Fd& sender) {
  const int on = 1;
  ECHOD_CHECK(::setsockopt(sender.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
  const std::string segment(100, 'x');
  pollfd room{.fd = sender.get(), .events = POLLOUT, .revents = 0};
  while (::poll(&room, 1, 100) > 0) {
    for (int i = 0; i < 100; ++i) {
      const ssize_t sent = ::send(sender.get(), segment.data(), segment.size(), MSG_DONTWAIT);
      ECHOD_CHECK(sent > 0 || errno == EAGAIN);
    }
  }
}

uint32_t dropped(const Fd& socket) {
  uint32_t memory[SK_MEMINFO_VARS] = {};
  socklen_t size = sizeof(memory);
  ECHOD_CHECK(::getsockopt(socket.get(), SOL_SOCKET, SO_MEMINFO, memory, &size) == 0);
  return memory[SK_MEMINFO_DROPS];
}

TEST(RelieveReceiveBufferTest, MakesAHeldOneThatDroppedSegmentsLarger) {
  SocketPair pair = tcp_pair();
  hold_receive_buffer(pair.near.get(), true);
  const int before = option_of(pair.near, SOL_SOCKET, SO_RCVBUF);
  fill(pair.far);
  if (dropped(pair.near) == 0) GTEST_SKIP() << "this kernel had room for all it offered";
  ASSERT_TRUE(relieve_receive_buffer(pair.near.get()));
  EXPECT_EQ(option_of(pair.near, SOL_SOCKET, SO_RCVBUF), before + static_cast<int>(kReliefSize));
  EXPECT_TRUE(receive_buffer_held(pair.near.get()));
}

TEST(RelieveReceiveBufferTest, LeavesAloneWhatIsNotHeldOrNotFull) {
  SocketPair pair = tcp_pair();
  EXPECT_FALSE(relieve_receive_buffer(pair.near.get()));
  hold_receive_buffer(pair.near.get(), true);
  EXPECT_FALSE(relieve_receive_buffer(pair.near.get()));
  EXPECT_FALSE(relieve_receive_buffer(-1));
}

TEST(LimitsTest, AreAtLeastOne) {
  size_t descriptors = raise_descriptor_limit();
  EXPECT_GE(descriptors, 64u);
  EXPECT_EQ(raise_descriptor_limit(), descriptors);
}

}  // namespace
}  // namespace echod
