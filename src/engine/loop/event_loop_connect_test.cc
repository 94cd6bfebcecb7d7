// Connecting, on every event loop: to a listener, to a closed port, to a host that does not respond
// in time.
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "engine/loop/loop_test_util.h"

namespace echod {
namespace {

// A listener whose queue is full: the kernel drops what else tries to connect, so that a connect
// stays in flight.
class FullListener {
 public:
  FullListener() : listener_(listen_on_loopback({.blocking = true})) {
    ::listen(listener_.socket.get(), 0);
    first_ = connect_to(listener_.endpoint);
  }
  const Endpoint& endpoint() const { return listener_.endpoint; }

 private:
  TestListener listener_;
  Fd first_;
};

class ConnectTest : public LoopTest {
 protected:
  std::unique_ptr<Socket> client(const Endpoint& source = {}) {
    Result<Fd> socket =
        client_socket(AF_INET, {.source = source, .blocking = GetParam() != LoopKind::kEpoll});
    ECHOD_CHECK(socket);
    return attached(std::move(*socket));
  }

  static Task<> connect(Socket& socket, const Endpoint& to, Deadline deadline = kNever) {
    Operation operation = Operation::connect(socket, to, deadline);
    co_await perform(socket.loop(), operation);
  }
};

ECHOD_ON_EVERY_LOOP(ConnectTest);

TEST_P(ConnectTest, ConnectsAndTalks) {
  TestListener listener = listen_on_loopback({.blocking = true});
  auto socket = client();
  ASSERT_TRUE(run(connect(*socket, listener.endpoint)));
  Fd far(::accept4(listener.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(far.valid());
  EXPECT_TRUE(run(send(*socket, chunk("hello"))));
  EXPECT_EQ(read_exactly(far, 5), "hello");
  write_all(far, "world");
  EXPECT_EQ(run(receive_text(*socket, 5)), "world");
  EXPECT_EQ(option_of(Fd(::dup(socket->fd())), IPPROTO_TCP, TCP_NODELAY), 1);
}

TEST_P(ConnectTest, ConnectsFromAGivenAddress) {
  TestListener listener = listen_on_loopback({.blocking = true});
  auto socket = client(ipv4_endpoint(0x7f000102, 0));
  ASSERT_TRUE(run(connect(*socket, listener.endpoint)));
  Arrival peer;
  Fd far(::accept4(listener.socket.get(), reinterpret_cast<sockaddr*>(&peer.storage), &peer.size,
                   SOCK_CLOEXEC));
  ASSERT_TRUE(far.valid());
  EXPECT_EQ(peer.endpoint().with_port(0).to_string(), "127.0.1.2:0");
}

TEST_P(ConnectTest, IsRefusedWhereNobodyListens) {
  Endpoint nobody;
  {
    TestListener listener = listen_on_loopback({});
    nobody = listener.endpoint;
  }
  auto socket = client();
  Result<void> connected = run(connect(*socket, nobody));
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error(), os_failure(ECONNREFUSED, During::kConnect));
}

TEST_P(ConnectTest, EndsByItsDeadline) {
  FullListener listener;
  auto socket = client();
  Deadline deadline = soon();
  Result<void> connected = run(connect(*socket, listener.endpoint(), deadline));
  EXPECT_GE(MonotonicClock().now(), deadline);
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error(), (Error{Errc::kTimeout, During::kConnect}));
}

TEST_P(ConnectTest, SeveralConnectBesideEachOther) {
  TestListener listener = listen_on_loopback({.blocking = true});
  FullListener full;
  auto first = client();
  auto second = client();
  auto third = client();
  Task<> one = connect(*first, listener.endpoint);
  Task<> two = connect(*second, full.endpoint(), soon());
  Task<> three = connect(*third, listener.endpoint);
  run_all(one, two, three);
  EXPECT_TRUE(one.result());
  EXPECT_EQ(two.result().error().code, Errc::kTimeout);
  EXPECT_TRUE(three.result());
}

TEST_P(ConnectTest, IsCancelled) {
  FullListener listener;
  auto socket = client();
  Operation operation =
      Operation::connect(*socket, listener.endpoint(), loop().now() + std::chrono::hours(1));
  Task<> connecting = perform(loop(), operation);
  connecting.start();
  Task<> idle = sleep_until(loop(), soon());  // so that no loop sleeps in the connect alone
  run_all(idle);
  loop().cancel(operation, Error{Errc::kAborted, During::kConnect});
  run_until([&] { return connecting.done(); });
  EXPECT_EQ(connecting.result().error().code, Errc::kAborted);
}

}  // namespace
}  // namespace echod
