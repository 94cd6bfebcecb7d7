// Requests that are refused: the client can read the status whatever it still sends, then the
// connection ends in order.
#include <chrono>
#include <thread>

#include "conformance/http_reader.h"
#include "conformance/server_fixture.h"

namespace echod {
namespace {

using namespace std::chrono_literals;

class HttpRefusalTest : public ServerTest {
 protected:
  // An end must come at once, not when lingering is over.
  HttpRefusalTest() { options.http.linger_timeout = 1h; }

  void expect_refusal(std::string_view request, int status) {
    Client client = connect();
    client.send_all(request);
    expect_refusal_of(client, status);
  }

  void expect_refusal_of(Client& client, int status) {
    HttpReader reader(client);
    HttpResponse response = reader.read();
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.field("connection"), "close");
    EXPECT_TRUE(response.body.starts_with(std::to_string(status))) << response.body;
    EXPECT_TRUE(reader.at_end());
  }
};
ECHOD_ON_SOME_ENGINES(HttpRefusalTest);

struct Refusal {
  std::string_view request;
  int status;
};
constexpr Refusal kRefusals[] = {
    {"GET / HTTP/1.1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nNo colon\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405},
    {"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 405},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n", 413},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: wonders\r\n\r\n", 417},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
    {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
};

TEST_P(HttpRefusalTest, WhatIsWrongIsAnsweredWithItsStatus) {
  options.http.limits.body_size_max = 100'000;
  start();
  for (const Refusal& refusal : kRefusals) {
    SCOPED_TRACE(refusal.request);
    expect_refusal(refusal.request, refusal.status);
  }
}

TEST_P(HttpRefusalTest, WhatIsTooLongIsAnsweredWithItsStatus) {
  start();
  std::string long_target(33'000, 'a');
  expect_refusal("GET /" + long_target + " HTTP/1.1\r\nHost: a\r\n\r\n", 414);
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  expect_refusal(head + "X: " + std::string(40'000, 'a') + "\r\n\r\n", 431);
  std::string fields;
  for (int i = 0; i < 1001; ++i) fields += "X: y\r\n";
  expect_refusal(head + fields + "\r\n", 431);
}

TEST_P(HttpRefusalTest, RequestsBeforeTheWrongOneAreAnswered) {
  start();
  Client client = connect();
  client.send_all("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n");
  HttpReader reader(client);
  EXPECT_EQ(reader.read().status, 200);
  EXPECT_EQ(reader.read().status, 200);
  EXPECT_EQ(reader.read().status, 400);
  EXPECT_TRUE(reader.at_end());
}

// Closing at once would reset the connection, and the reset destroys the answer on its way.
TEST_P(HttpRefusalTest, TheStatusIsReadableWhileTheClientStillSends) {
  options.http.limits.body_size_max = 1 << 20;
  start();
  for (int round = 0; round < 5; ++round) {
    Client client = connect();
    client.send_all("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 104857600\r\n\r\n");
    client.send_all(pattern(8 << 20));
    expect_refusal_of(client, 413);
  }
}

// It may turn out to be too large only after its answer has begun: then the answer ends unfinished.
TEST_P(HttpRefusalTest, AChunkedBodyThatGrowsTooLargeIsCut) {
  options.http.limits.body_size_max = 1000;
  start();
  Client client = connect();
  std::string chunk = "258\r\n" + std::string(0x258, 'x') + "\r\n";
  client.send_all("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk);
  client.send_all(chunk + chunk + "0\r\n\r\n");
  std::string answer = client.receive_until_end();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n") || answer.starts_with("HTTP/1.1 413 "));
  EXPECT_FALSE(answer.ends_with("0\r\n\r\n")) << answer;
}

// A client that keeps sending after a refusal is not listened to for ever.
TEST_P(HttpRefusalTest, LingeringEnds) {
  options.http.linger_timeout = 300ms;
  start();
  Client client = connect();
  client.send_all("GET / HTTP/1.1\r\n\r\n");
  Deadline deadline = patience();
  while (client.try_send("x") != -1) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "it takes bytes for ever";
    std::this_thread::sleep_for(20ms);
  }
}

// The deadline for a head counts from its first byte: a byte now and then does not extend it.
TEST_P(HttpRefusalTest, ADribbledHeadIsAnsweredAtTheDeadline) {
  options.http.head_timeout = 400ms;
  start();
  Client client = connect();
  Time begin = std::chrono::steady_clock::now();
  client.send_all("GET / HTTP/1.1\r\nHost: a\r\nX: ");
  Deadline deadline = patience();
  while (!client.has_news(50ms)) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    client.send_all("y");
  }
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 399ms);
  expect_refusal_of(client, 408);
}

TEST_P(HttpRefusalTest, ASilentHeadIsAnsweredAtTheDeadline) {
  options.http.head_timeout = 200ms;
  start();
  Client client = connect();
  // A request before it, so that the deadline is seen to be set anew and taken back.
  client.send_all("GET / HTTP/1.1\r\n");
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(ask(client, "Host: a\r\n\r\n").status, 200);
  EXPECT_FALSE(client.has_news(300ms)) << "waiting for a next request is no offence";
  client.send_all("GET / HTTP/1.1\r\n");
  expect_refusal_of(client, 408);
}

// The deadline is the head's alone: a body may take its time.
TEST_P(HttpRefusalTest, ASlowBodyIsNotHeldToTheHeadsDeadline) {
  options.http.head_timeout = 200ms;
  start();
  Client client = connect();
  client.send_all("POST / HTTP/1.1\r\nHost: a\r\n");
  std::this_thread::sleep_for(50ms);  // so that the head does not come in one piece
  client.send_all("Content-Length: 5\r\n\r\n");
  for (char byte : std::string_view("hello")) {
    std::this_thread::sleep_for(100ms);
    client.send_all(std::string_view(&byte, 1));
  }
  HttpResponse response = HttpReader(client).read();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hello");
}

}  // namespace
}  // namespace echod
