// Answers that wait, over sockets: they come when they are due and not before, in their parts, and
// a server that stops lets them finish or cuts them.
#include <chrono>
#include <string>

#include "conformance/client_side.h"
#include "conformance/http_reader.h"
#include "conformance/server_fixture.h"

namespace echod {
namespace {

using namespace std::chrono_literals;

std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

class HttpEndpointTest : public ServerTest {
 protected:
  static Time now() { return MonotonicClock().now(); }
};
ECHOD_ON_SOME_ENGINES(HttpEndpointTest);

TEST_P(HttpEndpointTest, ADelayedAnswerIsNotEarly) {
  start();
  Client client = connect();
  const Time begin = now();
  EXPECT_EQ(ask(client, get("/?delay=60ms&status=503")).status, 503);
  EXPECT_GE(now() - begin, 60ms);
  EXPECT_EQ(ask(client, get("/delay/30ms")).status, 200) << "on the same connection";
  EXPECT_GE(now() - begin, 90ms);
}

TEST_P(HttpEndpointTest, PipelinedBehindADelayEachHasItsTurn) {
  start();
  Client client = connect();
  client.send_all(get("/?delay=30ms&size=1") + get("/bytes/3") + get("/?delay=1ms&size=2"));
  HttpReader reader(client);
  for (const size_t size : {1u, 3u, 2u}) EXPECT_EQ(reader.read().body.size(), size);
}

TEST_P(HttpEndpointTest, EventsComeOneByOne) {
  start();
  Client client = connect();
  client.send_all(get("/sse?count=2&duration=300ms"));
  HttpReader reader(client);
  reader.take_until("\"id\":0");
  const Time first = now();
  reader.take_until("\"id\":1");
  EXPECT_GE(now() - first, 100ms) << "the first was held back";
  reader.take_until("0\r\n\r\n");
}

TEST_P(HttpEndpointTest, AnAnswerUnderWayOutlivesTheOrderToStop) {
  start();
  Client client = connect();
  client.send_all(get("/drip?numbytes=3&duration=200ms&delay=0"));
  HttpReader reader(client);
  reader.take_until("\r\n\r\n*");
  server().request(Phase::kDraining);
  EXPECT_EQ(reader.take(2), "**");
  EXPECT_TRUE(reader.at_end());
  EXPECT_TRUE(server().wait(patience()));
}

TEST_P(HttpEndpointTest, AWaitEndsWhereEverythingDoes) {
  options.http.control.duration_max = std::chrono::hours(2);
  start();
  Client client = connect();
  client.send_all(get("/drip?numbytes=2&duration=1h&delay=0"));
  HttpReader reader(client);
  reader.take_until("\r\n\r\n*");
  server().request(Phase::kAborting);
  EXPECT_TRUE(server().wait(patience())) << "it waits for an hour";
  EXPECT_NE(client.wait_for_end(), Client::Status::kDeadline);
}

}  // namespace
}  // namespace echod
