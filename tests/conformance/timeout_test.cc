// Silence ends connections when it should, and no sooner. The deadlines of protocol detection and
// of a request's head are in echo_test.cc and http_refusal_test.cc, stalls in slow_client_test.cc.
#include <chrono>

#include "conformance/http_reader.h"
#include "conformance/server_fixture.h"

namespace echod {
namespace {

using namespace std::chrono_literals;

class TimeoutTest : public ServerTest {
 protected:
  void start_with_idle_timeout(Duration timeout) {
    options.idle_timeout = timeout;
    start();
  }

  // Waits for `client` to be ended for its silence, which must have lasted for the idle timeout. It
  // is a reset: a connection that was given up must not look like one that came to its end.
  void expect_idle_end(Client& client) {
    Time begin = std::chrono::steady_clock::now();
    EXPECT_EQ(client.wait_for_end(), Client::Status::kReset);
    // A timer wheel may be a few milliseconds coarse, and what came before was not at `begin`.
    EXPECT_GE(std::chrono::steady_clock::now() - begin, *options.idle_timeout - 50ms);
    EXPECT_TRUE(log.comes_to_say("Idle timeout after 300ms, connection closed")) << log.all();
  }
};
ECHOD_ON_EVERY_ENGINE(TimeoutTest);

TEST_P(TimeoutTest, AClientThatNeverSpeaks) {
  start_with_idle_timeout(300ms);
  Client client = connect();
  expect_idle_end(client);
}

TEST_P(TimeoutTest, AnIdleRawConnection) {
  start_with_idle_timeout(300ms);
  Client client = connect();
  expect_echo(client, "Hello, world!\n");
  expect_idle_end(client);
}

TEST_P(TimeoutTest, AnIdleKeptAliveConnection) {
  start_with_idle_timeout(300ms);
  Client client = connect();
  EXPECT_EQ(ask(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
  expect_idle_end(client);
}

TEST_P(TimeoutTest, ASilentBody) {
  start_with_idle_timeout(300ms);
  Client client = connect();
  client.send_all("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
  HttpReader reader(client);
  EXPECT_EQ(reader.read_head().status, 200);
  EXPECT_EQ(reader.take(3), "hel");
  expect_idle_end(client);
}

TEST_P(TimeoutTest, WithoutAnIdleTimeoutSilenceIsAllowed) {
  start_with_idle_timeout(0ms);
  Client client = connect();
  expect_echo(client, "Hello, world!\n");
  EXPECT_FALSE(client.has_news(500ms));
  expect_echo(client, "still here\n");
}

// All of them expire together, and only theirs.
TEST_P(TimeoutTest, ManyIdleConnections) {
  if (!serves_several()) GTEST_SKIP() << "one client at a time";
  size_t count = GetParam() == EngineKind::kPool ? 10 : 300;
  start_with_idle_timeout(2s);
  std::vector<Client> idle = connect_many(count);
  Client busy = connect();
  while (log.count("Idle timeout after 2s") < count) {
    expect_echo(busy, "busy\n");
    ASSERT_FALSE(HasFailure()) << log.count("Idle timeout");
  }
  for (Client& client : idle) EXPECT_EQ(client.wait_for_end(), Client::Status::kReset);
  EXPECT_TRUE(comes_to_connections(1));
  expect_echo(busy, "still here\n");
}

}  // namespace
}  // namespace echod
