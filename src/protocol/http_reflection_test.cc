// What a client is shown of its own requests: the reflection in JSON and in text, and the exact
// bytes at /raw.
#include "protocol/http_reflection.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "protocol/handler.h"
#include "protocol/http_response_test_util.h"
#include "protocol/protocol_test_util.h"

namespace echod {
namespace {

using Json = nlohmann::json;

const Http1Handler& handler() {
  static const Http1Handler instance(HttpSettings{});
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
  Conversation conversation(handler());
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

TEST(HttpReflectionTest, EverythingAsItCame) {
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

TEST(HttpReflectionTest, WhatIsNotThereIsNull) {
  const Json reflection = Json::parse([] {
    Conversation conversation(handler());
    conversation.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    return HttpResponseReader(conversation.received()).next().body;
  }());
  EXPECT_EQ(reflection["traceparent"], nullptr);
  for (const char* name : {"number", "remote", "local", "tls", "tcp_info"}) {
    EXPECT_TRUE(reflection["connection"].contains(name));
    EXPECT_EQ(reflection["connection"][name], nullptr) << name;
  }
}

TEST(HttpReflectionTest, ABodysChunksAndTrailers) {
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

TEST(HttpReflectionTest, OfManyChunksTheFirstSizesAreKept) {
  std::string request = "POST /reflect HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (size_t i = 0; i < kReflectedChunksMax + 10; ++i) request += "1\r\nx\r\n";
  const Json body = reflection_of(request + "0\r\n\r\n")["body"];
  EXPECT_EQ(body["chunks"].size(), kReflectedChunksMax);
  EXPECT_EQ(body["size"], kReflectedChunksMax + 10);
}

TEST(HttpReflectionTest, BytesThatAreNotUtf8) {
  const Json headers = reflection_of(
      "GET / HTTP/1.1\r\nHost: h\r\nX-Utf8: \xc3\xa9\r\nX-Latin: \xe9\xff\r\n\r\n")["headers"];
  EXPECT_EQ(headers[1]["value"], "\u00e9");
  EXPECT_EQ(headers[2]["value"], "\u00e9\u00ff");
}

TEST(HttpReflectionTest, OnlyWellFormedTraceParents) {
  const auto trace_of = [](const std::string& value) {
    return reflection_of("GET / HTTP/1.1\r\nHost: h\r\ntraceparent: " + value +
                         "\r\n\r\n")["traceparent"];
  };
  const std::string ids = "-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-";
  EXPECT_EQ(trace_of("00" + ids + "01")["flags"], "01");
  EXPECT_EQ(trace_of("cc" + ids + "01-more")["version"], "cc");
  for (const std::string& value : {"00" + ids + "0", "00" + ids + "01-more", "00" + ids + "0A",
                                   "00" + ids + "011", "0" + ids + "001", std::string("x")}) {
    EXPECT_EQ(trace_of(value), nullptr) << value;
  }
}

TEST(HttpReflectionTest, TextForWhoWantsIt) {
  const std::string head = "GET /x HTTP/1.1\r\nHost: h\r\nAccept: text/plain\r\n\r\n";
  const HttpResponse response = answer_to(head);
  EXPECT_EQ(response.field("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(response.body, head +
                               "# connection: 7, request 1, from 192.0.2.1:5000 to 192.0.2.2:8080\n"
                               "# path: round trip 1 us +- 2 us, 3 retransmits, mss 4\n");
}

TEST(HttpReflectionTest, WhoWantsText) {
  const std::vector<std::pair<std::string_view, bool>> cases = {
      {"", false},
      {"Accept: */*\r\n", false},
      {"User-Agent: curl/8.0\r\n", true},
      {"Accept: */*\r\nUser-Agent: curl/8.0\r\n", true},
      {"User-Agent: Wget/1.21\r\n", true},
      {"User-Agent: Mozilla/5.0 curl/8.0\r\n", false},
      {"Accept: application/json\r\nUser-Agent: curl/8.0\r\n", false},
      {"Accept: text/plain\r\n", true},
      {"Accept: text/*, */*;q=0.5\r\n", true},
      {"Accept: text/plain;q=0.4, application/json;q=0.5\r\n", false},
      {"Accept: text/html, */*;q=0.8\r\n", false},
      {"Accept: image/png\r\nUser-Agent: HTTPie/3\r\n", true},
  };
  for (const auto& [fields, text] : cases) {
    EXPECT_EQ(prefers_text("GET / HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n"), text)
        << fields;
  }
}

TEST(HttpReflectionTest, HeadGetsTheHeadAlone) {
  const HttpResponse response = answer_to("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(response.status, 200);
  EXPECT_GT(std::stoul(response.field("Content-Length")), 0u);
}

TEST(HttpReflectionTest, TheExactBytesForEverySplit) {
  for (const std::string request :
       {"GET /raw HTTP/1.1\r\nhOST:\th \r\n\r\n",
        "POST http://h/raw?x HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello",
        "PUT /raw HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: CHUNKED\r\n\r\n"
        "0005;ext=\"1\"\r\nHello\r\n1\r\n!\r\n0000\r\nX-Trailer: \t1\r\n\r\n"}) {
    for (const std::vector<std::string>& pieces : splits_of(request)) {
      Conversation conversation(handler());
      conversation.send_pieces(pieces);
      const HttpResponse response = HttpResponseReader(conversation.received()).next();
      EXPECT_EQ(response.body, request);
      EXPECT_EQ(response.field("Content-Type"), "application/octet-stream");
    }
  }
}

TEST(HttpReflectionTest, ABodyThatBreaksIsRefusedOrCut) {
  constexpr std::string_view kBroken =
      " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n";
  EXPECT_EQ(answer_to("POST /reflect" + std::string(kBroken)).status, 400);
  Conversation conversation(handler());
  conversation.send("POST /raw" + std::string(kBroken));
  EXPECT_TRUE(conversation.got_end());
  EXPECT_FALSE(conversation.received().ends_with("0\r\n\r\n"));
}

}  // namespace
}  // namespace echod
