// ClientStream on every loop: it connects and carries bytes, and says why it could not.
#include "stream/connect.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "engine/loop/loop_test_util.h"
#include "stream/stream_test_util.h"

namespace echod {
namespace {

class ClientStreamTest : public LoopTest {
 protected:
  static ConnectOptions options() {
    return {.socket = {.blocking = GetParam() != LoopKind::kEpoll}, .deadline = kNever};
  }
};

ECHOD_ON_EVERY_LOOP(ClientStreamTest);

TEST_P(ClientStreamTest, ConnectsAndTalks) {
  TestListener listener = listen_on_loopback({.blocking = true});
  ClientStream client(loop());
  EXPECT_EQ(client.fd(), -1);
  ASSERT_TRUE(run(client.connect(listener.endpoint, options())));
  EXPECT_GE(client.fd(), 0);
  Fd far(::accept4(listener.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(far.valid());
  EXPECT_TRUE(run(client.send(chunk("hello"))));
  EXPECT_EQ(read_exactly(far, 5), "hello");
  write_all(far, "world");
  EXPECT_EQ(text_of(run(client.receive())), "world");
}

TEST_P(ClientStreamTest, FailsWhereNobodyListens) {
  Endpoint nobody = listen_on_loopback({.blocking = true}).endpoint;  // closed again
  ClientStream client(loop());
  const Error error = error_of(run(client.connect(nobody, options())));
  EXPECT_EQ(error.code, Errc::kRefused);
  EXPECT_EQ(error.during, During::kConnect);
  EXPECT_EQ(error.detail, Detail::kNone);
  EXPECT_GE(client.fd(), 0);  // it had a socket
}

TEST_P(ClientStreamTest, FailsWithoutASocket) {
  TestListener listener = listen_on_loopback({.blocking = true});
  ConnectOptions elsewhere = options();
  elsewhere.socket.source = ipv4_endpoint(0xc0000201, 0);  // 192.0.2.1: no machine's (RFC 5737)
  ClientStream client(loop());
  const Error error = error_of(run(client.connect(listener.endpoint, elsewhere)));
  EXPECT_EQ(error.code, Errc::kAddressInvalid);
  EXPECT_EQ(error.detail, Detail::kNoSocket);
  EXPECT_EQ(client.fd(), -1);
  client.abort({Errc::kAborted});  // does nothing
}

}  // namespace
}  // namespace echod
