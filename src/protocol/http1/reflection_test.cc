// What a client is shown of its own requests over HTTP/1, to the byte: the reflection in JSON and
// in text, and /raw.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "protocol/http1/handler.h"
#include "protocol/http1/response_test_util.h"
#include "protocol/protocol_test_util.h"

namespace echod {
namespace {

using Json = nlohmann::json;

const Http1Handler& reflecting_handler() {
  static const Http1Handler instance(Http1Settings{});
  return instance;
}

class FakeTransport final : public Transport {
 public:
  TransportFacts facts() const override {
    return {.number = 7,
            .remote = "192.0.2.1:5000",
            .local = "192.0.2.2:8080",
            .tcp = TcpInfo{.rtt_us = 1,
                           .rtt_variation_us = 2,
                           .retransmits = 3,
                           .mss = 4,
                           .congestion_window = 5}};
  }
};

HttpResponse answer_to(std::string_view request) {
  FakeTransport transport;
  Conversation conversation(reflecting_handler());
  conversation.session().transport = &transport;
  conversation.send(request);
  HttpResponseReader reader(conversation.received());
  return reader.next(request.starts_with("HEAD"));
}

Json reflection_of(std::string_view request) {
  const HttpResponse response = answer_to(request);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("Content-Type"), "application/json");
  return Json::parse(response.body);
}

Json field(std::string_view name, std::string_view value, std::string_view raw) {
  return {{"name", name}, {"value", value}, {"raw", raw}};
}

TEST(Http1ReflectionTest, EverythingAsItCame) {
  const std::string head =
      "GET /a%20b?x=1&y=a+b&x=&%zz HTTP/1.1\r\n"
      "hOsT:h\r\n"
      "X-Twice:\t 1  \r\n"
      "x-twice: 2\r\n"
      "X-Empty:\r\n"
      "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
      "\r\n";
  const Json reflection = reflection_of(head);
  EXPECT_EQ(reflection["method"], "GET");
  EXPECT_EQ(reflection["target"], "/a%20b?x=1&y=a+b&x=&%zz");
  EXPECT_EQ(reflection["version"], "HTTP/1.1");
  EXPECT_EQ(reflection["path"], "/a%20b");
  EXPECT_EQ(reflection["raw_head"], head);
  EXPECT_EQ(reflection["headers"],
            Json({field("hOsT", "h", "hOsT:h"), field("X-Twice", "1", "X-Twice:\t 1  "),
                  field("x-twice", "2", "x-twice: 2"), field("X-Empty", "", "X-Empty:"),
                  reflection["headers"][4]}));
  EXPECT_EQ(reflection["query"], Json({{{"name", "x"}, {"value", "1"}},
                                       {{"name", "y"}, {"value", "a b"}},
                                       {{"name", "x"}, {"value", ""}},
                                       {{"name", "%zz"}, {"value", ""}}}));
  EXPECT_EQ(reflection["body"], Json({{"framing", "none"}, {"size", 0}}));
  EXPECT_EQ(reflection["expect"], nullptr);
  EXPECT_EQ(reflection["traceparent"]["parent_id"], "b7ad6b7169203331");
  EXPECT_EQ(reflection["connection"]["number"], 7);
  EXPECT_EQ(reflection["connection"]["request"], 1);
  EXPECT_EQ(reflection["connection"]["remote"], "192.0.2.1:5000");
  EXPECT_EQ(reflection["connection"]["local"], "192.0.2.2:8080");
  EXPECT_EQ(reflection["connection"]["tcp_info"], Json({{"rtt_us", 1},
                                                        {"rtt_variation_us", 2},
                                                        {"retransmits", 3},
                                                        {"mss", 4},
                                                        {"congestion_window", 5}}));
}

TEST(Http1ReflectionTest, ABodysChunksAndTrailers) {
  const Json reflection = reflection_of(
      "POST /reflect HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
      "Transfer-Encoding: chunked\r\n\r\n"
      "5\r\nHello\r\n00a;x\r\n0123456789\r\n0\r\nX-A:  1\r\nx-a:2\r\n\r\n");
  EXPECT_EQ(reflection["expect"], "100-continue");
  EXPECT_EQ(reflection["body"],
            Json({{"framing", "chunked"},
                  {"size", 15},
                  {"chunks", {5, 10}},
                  {"trailers", {field("X-A", "1", "X-A:  1"), field("x-a", "2", "x-a:2")}}}));
  EXPECT_EQ(
      reflection_of("POST /reflect HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")["body"],
      Json({{"framing", "content-length"}, {"size", 2}}));
}

TEST(Http1ReflectionTest, TextForWhoWantsIt) {
  const std::string head = "GET /x HTTP/1.1\r\nHost: h\r\nAccept: text/plain\r\n\r\n";
  const HttpResponse response = answer_to(head);
  EXPECT_EQ(response.field("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(response.body, head +
                               "# connection: 7, request 1, from 192.0.2.1:5000 to 192.0.2.2:8080\n"
                               "# path: round trip 1 us +- 2 us, 3 retransmits, mss 4\n");
}

TEST(Http1ReflectionTest, TheExactBytesForEverySplit) {
  for (const std::string request :
       {"GET /raw HTTP/1.1\r\nhOST:\th \r\n\r\n",
        "POST http://h/raw?x HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello",
        "PUT /raw HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: CHUNKED\r\n\r\n"
        "0005;ext=\"1\"\r\nHello\r\n1\r\n!\r\n0000\r\nX-Trailer: \t1\r\n\r\n"}) {
    for (const std::vector<std::string>& pieces : splits_of(request)) {
      Conversation conversation(reflecting_handler());
      conversation.send_pieces(pieces);
      const HttpResponse response = HttpResponseReader(conversation.received()).next();
      EXPECT_EQ(response.body, request);
      EXPECT_EQ(response.field("Content-Type"), "application/octet-stream");
    }
  }
}

TEST(Http1ReflectionTest, ABodyThatBreaksIsRefusedOrCut) {
  constexpr std::string_view kBroken =
      " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n";
  EXPECT_EQ(answer_to("POST /reflect" + std::string(kBroken)).status, 400);
  Conversation conversation(reflecting_handler());
  conversation.send("POST /raw" + std::string(kBroken));
  EXPECT_TRUE(conversation.got_end());
  EXPECT_FALSE(conversation.received().ends_with("0\r\n\r\n"));
}

}  // namespace
}  // namespace echod
