// What the HTTP/1 echo refuses, with which status, and that a refusal is the connection's last
// word.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "protocol/http1/handler.h"
#include "protocol/http1/response_test_util.h"
#include "protocol/protocol_test_util.h"

namespace echod {
namespace {

constexpr Duration kRequestTimeout = std::chrono::seconds(10);
constexpr Duration kLingerTimeout = std::chrono::seconds(5);

Http1Settings small_limits() {
  Http1Settings settings;
  settings.limits = {.request_line_size_max = 100,
                     .head_size_max = 300,
                     .field_count_max = 5,
                     .body_size_max = 1000};
  settings.head_timeout = kRequestTimeout;
  settings.linger_timeout = kLingerTimeout;
  return settings;
}

const Http1Handler& limited_handler() {
  static const Http1Handler instance(small_limits());
  return instance;
}

constexpr std::string_view kChunkedHead =
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

struct Refusal {
  std::string_view name;
  int status;
  std::string request;
};

std::ostream& operator<<(std::ostream& out, const Refusal& refusal) { return out << refusal.name; }

const Refusal kRefusals[] = {
    {"NoHost", 400, "GET / HTTP/1.1\r\n\r\n"},
    {"TwoHosts", 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
    {"SpaceBeforeColon", 400, "GET / HTTP/1.1\r\nHost : h\r\n\r\n"},
    {"FoldedLine", 400, "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n"},
    {"BareLineFeed", 400, "GET / HTTP/1.1\nHost: h\n\n"},
    {"NotARequest", 400, "\x16\x03\x01\x02"},
    {"NoVersion", 400, "GET /\r\n"},
    {"TwoLengths", 400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n"},
    {"NegativeLength", 400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n"},
    {"LengthAndCoding", 400,
     "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n"},
    {"ChunkedTwice", 400, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, chunked\r\n"},
    {"ChunkedInHttp10", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n"},
    {"BadFirstChunk", 400, std::string(kChunkedHead) + "zz\r\n"},
    {"Trace", 405, "TRACE / HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"Connect", 405, "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"BodyTooLarge", 413, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n"},
    {"ChunkTooLarge", 413, std::string(kChunkedHead) + "3e9\r\n"},
    {"TargetTooLong", 414, "GET /" + std::string(100, 'a')},
    {"UnknownExpectation", 417, "GET / HTTP/1.1\r\nHost: h\r\nExpect: miracles\r\n\r\n"},
    {"HeadTooLarge", 431, "GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(300, 'a')},
    {"TooManyFields", 431, "GET / HTTP/1.1\r\nHost: h\r\nA:1\r\nB:2\r\nC:3\r\nD:4\r\nE:5\r\n"},
    {"UnknownCoding", 501, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n"},
    {"Version2", 505, "GET / HTTP/2.0\r\n\r\n"},
};

class Http1RefusalTest : public testing::TestWithParam<Refusal> {};
INSTANTIATE_TEST_SUITE_P(All, Http1RefusalTest, testing::ValuesIn(kRefusals),
                         [](const auto& test) { return std::string(test.param.name); });

// Expects one refusal at the end of what was received, and the connection closed after it.
void expect_refused(Conversation& conversation, int status, size_t answers_before = 0) {
  ASSERT_TRUE(conversation.got_end());
  std::vector<HttpResponse> responses = responses_in(conversation.received());
  ASSERT_EQ(responses.size(), answers_before + 1);
  const HttpResponse& refusal = responses.back();
  EXPECT_EQ(refusal.status, status);
  EXPECT_EQ(refusal.field("Connection"), "close");
  EXPECT_EQ(refusal.field("Content-Type"), "text/plain");
  EXPECT_TRUE(refusal.body.starts_with(std::to_string(status) + " ")) << refusal.body;
  EXPECT_TRUE(refusal.body.ends_with("\r\n"));
  EXPECT_EQ(refusal.field("Allow") != "(none)", status == 405);
}

TEST_P(Http1RefusalTest, AtOnceAndForGood) {
  Conversation conversation(limited_handler());
  conversation.send(GetParam().request);
  expect_refused(conversation, GetParam().status);
  conversation.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(responses_in(conversation.received()).size(), 1u) << "nothing that follows is answered";
  EXPECT_EQ(conversation.session().requests, 1u);
  EXPECT_FALSE(conversation.session().ends_on_drain);
  conversation.finish();
  ASSERT_TRUE(conversation.ended());
  EXPECT_TRUE(conversation.outcome());
}

TEST_P(Http1RefusalTest, ForEverySplit) {
  for (const std::vector<std::string>& pieces : splits_of(GetParam().request)) {
    Conversation conversation(limited_handler());
    conversation.send_pieces(pieces);
    expect_refused(conversation, GetParam().status);
    ASSERT_FALSE(HasFailure()) << "first piece: " << pieces.front();
  }
}

TEST_P(Http1RefusalTest, AfterAnAnsweredRequest) {
  Conversation conversation(limited_handler());
  conversation.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n" + GetParam().request);
  expect_refused(conversation, GetParam().status, 1);
  EXPECT_EQ(conversation.server().sends().size(), 1u) << "both in one send";
}

TEST_P(Http1RefusalTest, LingersUntilItsDeadline) {
  Conversation conversation(limited_handler());
  conversation.send(GetParam().request);
  const Deadline deadline = conversation.clock().now() + kLingerTimeout;
  conversation.clock().advance(std::chrono::seconds(1));
  conversation.send("more");
  const std::vector<Deadline>& deadlines = conversation.server().receive_deadlines();
  ASSERT_GE(deadlines.size(), 2u);
  EXPECT_EQ(deadlines.back(), deadline) << "absolute: what comes does not extend it";
  EXPECT_EQ(deadlines[deadlines.size() - 2], deadline);
}

TEST(Http1RefusalTest, LimitsThemselvesAreAllowed) {
  Conversation conversation(limited_handler());
  const std::string body(1000, 'b');
  conversation.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n" + body);
  conversation.send(std::string(kChunkedHead) + "3e8\r\n" + body + "\r\n0\r\n\r\n");
  // "GET ", target and " HTTP/1.1" make the line.
  conversation.send("GET /" + std::string(100 - 4 - 1 - 9, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n");
  conversation.send("GET / HTTP/1.1\r\nHost: h\r\nA:1\r\nB:2\r\nC:3\r\nD:4\r\n\r\n");
  std::string head = "GET / HTTP/1.1\r\nHost: h\r\nA: \r\n\r\n";
  head.insert(head.size() - 4, std::string(300 - head.size(), 'a'));
  conversation.send(head);
  std::vector<HttpResponse> responses = responses_in(conversation.received());
  ASSERT_EQ(responses.size(), 5u);
  for (const HttpResponse& response : responses) EXPECT_EQ(response.status, 200);
}

// Once part of the response was sent it cannot become an error response: it is cut, so that the
// client cannot take it for a whole one.
TEST(Http1RefusalTest, ABodyThatTurnsBadCutsItsResponse) {
  for (std::string_view rest : {"zz\r\n", "0\r\n bad trailer\r\n", "1001\r\n"}) {
    for (size_t piece_size : {1u, 1000u}) {
      Conversation conversation(limited_handler());
      const std::string request = std::string(kChunkedHead) + "2\r\nhi\r\n" + std::string(rest);
      conversation.send_pieces(in_pieces(request, piece_size));
      EXPECT_TRUE(conversation.got_end());
      EXPECT_TRUE(conversation.received().starts_with("HTTP/1.1 200 OK\r\n"));
      EXPECT_TRUE(conversation.received().ends_with("\r\n")) << conversation.received();
      EXPECT_EQ(conversation.received().find("0\r\n\r\n"), std::string::npos);
      EXPECT_EQ(conversation.received().find("HTTP/1.1", 1), std::string::npos);
      conversation.finish();
      ASSERT_TRUE(conversation.ended());
      EXPECT_TRUE(conversation.outcome());
    }
  }
}

// The error response says which rule was broken and where, for people who test protocols.
TEST(Http1RefusalTest, SaysWhy) {
  const std::pair<std::string, std::string> table[] = {
      {"GET / HTTP/1.1\r\n\r\n", "there is no Host header, at byte 18 of the request"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
       "duplicate Host header, at byte 34 of the request"},
      {std::string(kChunkedHead) + "0x6\r\n",
       "a chunk size is not hexadecimal digits alone, at byte 58 of the request"},
      {"GET / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n",
       "the expectation is not 100-continue, at byte 40 of the request"},
      {"TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", "TRACE and CONNECT are not served"},
      {"GET / HTTP/3.0\r\n", "the HTTP version is not 1.0 or 1.1, at byte 16 of the request"},
  };
  for (const auto& [request, why] : table) {
    Conversation conversation(limited_handler());
    conversation.send(request);
    conversation.finish();
    const HttpResponse response = HttpResponseReader(conversation.received()).next();
    const size_t line_end = response.body.find("\r\n");
    EXPECT_EQ(response.body.substr(line_end + 2), why + "\r\n") << request;
  }
}

}  // namespace
}  // namespace echod
