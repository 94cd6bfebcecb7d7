// HTTP/1 over sockets: the response's body is the request's, connections are kept and ended as the
// versions say. What the codec makes of every malformed request is tested in src/wire.
#include <chrono>
#include <thread>

#include <nlohmann/json.hpp>

#include "conformance/client_side.h"
#include "conformance/http_reader.h"
#include "conformance/server_fixture.h"

namespace echod {
namespace {

using namespace std::chrono_literals;

class HttpTest : public ServerTest {
 protected:
  void SetUp() override {
    options.http.linger_timeout = 1h;  // an end must come at once, not when lingering is over
    start();
  }
};
ECHOD_ON_SOME_ENGINES(HttpTest);

std::string post(std::string_view body, std::string_view fields = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

TEST_P(HttpTest, APostsBodyComesBack) {
  Client client = connect();
  HttpResponse response = ask(client, post("Hello!", "Content-Type: text/plain\r\n"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.version, "HTTP/1.1");
  EXPECT_EQ(response.body, "Hello!");
  EXPECT_EQ(response.field("content-length"), "6");
  EXPECT_EQ(response.field("content-type"), "text/plain");
  EXPECT_EQ(response.field("connection"), "");
}

TEST_P(HttpTest, ARequestWithoutABodyIsReflected) {
  Client client = connect();
  HttpResponse response =
      ask(client, "GET /index.html?a=b HTTP/1.1\r\nHost: a\r\nx-TWICE:  1\r\nX-Twice:2\r\n\r\n");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("content-type"), "application/json");
  const nlohmann::json reflection = nlohmann::json::parse(response.body);
  EXPECT_EQ(reflection["target"], "/index.html?a=b");
  EXPECT_EQ(reflection["headers"][1]["raw"], "x-TWICE:  1");
  EXPECT_EQ(reflection["headers"][2]["raw"], "X-Twice:2");
  EXPECT_TRUE(std::string(reflection["connection"]["remote"]).starts_with("127.0.0.1:"));
  EXPECT_EQ(reflection["connection"]["local"], endpoint().to_string());
  EXPECT_EQ(reflection["connection"]["number"], 1);
  EXPECT_GT(reflection["connection"]["tcp_info"]["mss"], 0);
}

TEST_P(HttpTest, TheRequestsExactBytes) {
  Client client = connect();
  const std::string request =
      "PUT /raw?x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\tchunked \r\n\r\n"
      "006;x=y\r\nHello!\r\n0\r\nTrailer-Field:  x\r\n\r\n";
  EXPECT_EQ(ask(client, request).body, request);
  EXPECT_EQ(ask(client, post("next")).body, "next");
}

TEST_P(HttpTest, AChunkedBodyComesBackChunked) {
  Client client = connect();
  HttpResponse response = ask(client,
                              "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "6\r\nHello,\r\n7;x=y\r\n world!\r\n0\r\nTrailer-Field: x\r\n\r\n");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("transfer-encoding"), "chunked");
  EXPECT_EQ(response.body, "Hello, world!");
  EXPECT_EQ(ask(client, post("next")).body, "next");
}

// The answer must not wait for the whole request: a client may well send its second chunk in
// answer to its first.
TEST_P(HttpTest, AChunkComesBackBeforeTheNextIsSent) {
  Client client = connect();
  HttpReader reader(client);
  client.send_all("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
  EXPECT_EQ(reader.read_head().status, 200);
  EXPECT_EQ(reader.take(8), "3\r\none\r\n");
  client.send_all("5\r\nthree\r\n");
  EXPECT_EQ(reader.take(10), "5\r\nthree\r\n");
  client.send_all("0\r\n\r\n");
  EXPECT_EQ(reader.take(5), "0\r\n\r\n");
}

TEST_P(HttpTest, OneByteSegments) {
  Client client = connect();
  for (char byte : post("Hello!")) client.send_all(std::string_view(&byte, 1));
  EXPECT_EQ(HttpReader(client).read().body, "Hello!");
}

TEST_P(HttpTest, AHundredPipelinedRequestsAreAnsweredInOrder) {
  Client client = connect();
  std::string requests;
  for (int i = 0; i < 100; ++i) {
    requests += post("request " + std::to_string(i) + std::string(static_cast<size_t>(i), '.'));
  }
  client.send_all(requests);
  HttpReader reader(client);
  for (int i = 0; i < 100; ++i) {
    HttpResponse response = reader.read();
    ASSERT_EQ(response.body,
              "request " + std::to_string(i) + std::string(static_cast<size_t>(i), '.'));
  }
  client.shut_down_sending();
  EXPECT_TRUE(reader.at_end());
  EXPECT_TRUE(log.comes_to_say("100 requests")) << log.all();
}

TEST_P(HttpTest, AClientThatExpectsContinueIsToldTo) {
  Client client = connect();
  HttpReader reader(client);
  client.send_all(
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 6\r\n\r\n");
  EXPECT_EQ(reader.take(25), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send_all("Hello!");
  HttpResponse response = reader.read();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "Hello!");
}

TEST_P(HttpTest, HeadIsAnsweredWithoutABody) {
  Client client = connect();
  HttpReader reader(client);
  client.send_all("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  HttpResponse response = reader.read_head();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("content-length"), "5");
  client.send_all(post("next"));  // what follows is its answer and nothing else
  EXPECT_EQ(reader.read().body, "next");
}

TEST_P(HttpTest, Http10EndsAfterItsResponse) {
  Client client = connect();
  HttpReader reader(client);
  client.send_all("POST / HTTP/1.0\r\nContent-Length: 6\r\n\r\nHello!");
  HttpResponse response = reader.read();
  EXPECT_EQ(response.body, "Hello!");
  EXPECT_EQ(response.field("connection"), "close");
  EXPECT_TRUE(reader.at_end());
}

TEST_P(HttpTest, Http10WithKeepAliveGoesOn) {
  Client client = connect();
  for (int i = 0; i < 3; ++i) {
    HttpResponse response =
        ask(client, "POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 6\r\n\r\nHello!");
    EXPECT_EQ(response.body, "Hello!");
    EXPECT_EQ(response.field("connection"), "keep-alive");
  }
}

TEST_P(HttpTest, ConnectionCloseEndsIt) {
  Client client = connect();
  HttpReader reader(client);
  client.send_all(post("Hello!", "Connection: close\r\n") + post("never answered"));
  HttpResponse response = reader.read();
  EXPECT_EQ(response.body, "Hello!");
  EXPECT_EQ(response.field("connection"), "close");
  EXPECT_TRUE(reader.at_end());
}

// The request is complete and the client says that it will send no more: the answer comes first.
TEST_P(HttpTest, HalfClosingAfterTheRequest) {
  Client client = connect();
  HttpReader reader(client);
  client.send_all(post("Hello!"));
  client.shut_down_sending();
  EXPECT_EQ(reader.read().body, "Hello!");
  EXPECT_TRUE(reader.at_end());
}

TEST_P(HttpTest, ARequestCutShortIsAnsweredCutShort) {
  Client client = connect();
  client.send_all("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nHello");
  client.shut_down_sending();
  std::string answer = client.receive_until_end();
  EXPECT_NE(answer.find("Content-Length: 10\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\nHello")) << answer;
}

TEST_P(HttpTest, SixteenMebibytesAreStreamed) {
  Client client = connect();
  std::string body = pattern(16 << 20);
  std::jthread sender = client_thread([&] { client.send_all(post(body)); });
  HttpResponse response = HttpReader(client).read();
  sender.join();
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.body == body);
}

TEST_P(HttpTest, ChunksOfAllSizesAreStreamed) {
  Client client = connect();
  std::string body = pattern(4 << 20);
  std::string request = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  size_t size = 1;
  for (size_t begin = 0; begin < body.size(); begin += size) {
    size = std::min(1 + size * 3 % 70'001, body.size() - begin);
    char line[32];
    request.append(line, static_cast<size_t>(std::snprintf(line, sizeof(line), "%zx\r\n", size)));
    request.append(body, begin, size).append("\r\n");
  }
  request += "0\r\n\r\n";
  std::jthread sender = client_thread([&] { client.send_all(request); });
  HttpResponse response = HttpReader(client).read();
  sender.join();
  EXPECT_TRUE(response.body == body) << response.body.size();
}

// A late reader: the server keeps to its buffers and to the order of things.
TEST_P(HttpTest, PipelinedResponsesWaitForALateReader) {
  Client client = connect();
  std::string body = pattern(1 << 20);
  std::jthread sender = client_thread([&] {
    for (int i = 0; i < 8; ++i) client.send_all(post(body));
    client.shut_down_sending();
  });
  std::this_thread::sleep_for(200ms);
  HttpReader reader(client);
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(reader.read().body == body) << i;
  EXPECT_TRUE(reader.at_end());
  sender.join();
}

}  // namespace
}  // namespace echod
