// The HTTP/1 echo when time, the client or the network fails: timeouts, requests cut off, every
// operation failing once, and the answers' independence of how the requests were split.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "protocol/http1/handler.h"
#include "protocol/http1/response_test_util.h"
#include "protocol/protocol_test_util.h"

namespace echod {
namespace {

constexpr Duration kHeadTimeout = std::chrono::seconds(10);

const Http1Handler& timed_handler() {
  static const Http1Handler instance([] {
    Http1Settings settings;
    settings.head_timeout = kHeadTimeout;
    return settings;
  }());
  return instance;
}

constexpr std::string_view kGetRequest = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kPost = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
constexpr std::string_view kChunked =
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n7\r\n, world\r\n0\r\nA: trailer\r\n\r\n";

TEST(Http1TimeoutTest, TheHeadHasOneAbsoluteDeadline) {
  Conversation conversation(timed_handler());
  conversation.start();
  conversation.clock().advance(std::chrono::minutes(1));
  conversation.send("G");
  const Deadline first = conversation.clock().now() + kHeadTimeout;
  for (char c : kGetRequest.substr(1)) {
    conversation.clock().advance(std::chrono::milliseconds(100));
    conversation.send({&c, 1});
  }
  const std::vector<Deadline>& deadlines = conversation.server().receive_deadlines();
  ASSERT_EQ(deadlines.size(), kGetRequest.size() + 1);
  EXPECT_EQ(deadlines.front(), kNever);
  for (size_t i = 1; i < kGetRequest.size(); ++i) EXPECT_EQ(deadlines[i], first) << "byte " << i;
  EXPECT_EQ(deadlines.back(), kNever) << "taken back for the next request";
}

TEST(Http1TimeoutTest, EachHeadHasItsOwnDeadline) {
  Conversation conversation(timed_handler());
  conversation.send(std::string(kGetRequest) + "G");
  const Deadline first = conversation.clock().now() + kHeadTimeout;
  EXPECT_EQ(conversation.server().receive_deadlines().back(), first);
  conversation.send(kGetRequest.substr(1));
  conversation.clock().advance(std::chrono::seconds(7));
  conversation.send("G");
  EXPECT_EQ(conversation.server().receive_deadlines().back(), first + std::chrono::seconds(7));
}

TEST(Http1TimeoutTest, TheBodyHasNoneOfItsOwn) {
  Conversation conversation(timed_handler());
  conversation.send("POST / HTTP/1.1\r\nHost: h\r\n");
  conversation.send("Content-Length: 5\r\n\r\n");
  conversation.send("he");
  EXPECT_EQ(conversation.server().receive_deadlines().back(), kNever);
}

TEST(Http1TimeoutTest, ARequestHasOneAbsoluteDeadlineIfItIsLimited) {
  constexpr Duration kRequestTimeout = std::chrono::seconds(3);
  Http1Settings settings;
  settings.request_timeout = kRequestTimeout;
  const Http1Handler limited(settings);
  Conversation conversation(limited);
  conversation.start();
  conversation.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n");
  const Deadline expected = conversation.clock().now() + kRequestTimeout;
  const std::vector<Deadline>& deadlines = conversation.server().receive_deadlines();
  for (const char c : std::string_view("hello")) {
    EXPECT_EQ(deadlines.back(), expected);
    conversation.clock().advance(std::chrono::milliseconds(100));
    conversation.send({&c, 1});
  }
  EXPECT_EQ(deadlines.back(), kNever) << "between two requests";
}

TEST(Http1TimeoutTest, AHeadThatDoesNotEndGets408) {
  Conversation conversation(timed_handler());
  conversation.server().fail(2, Errc::kTimeout);
  conversation.send_pieces({"GET / ", "HTTP/1.1\r\nHo"});
  EXPECT_TRUE(conversation.got_end());
  std::vector<HttpResponse> responses = responses_in(conversation.received());
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].status, 408);
  EXPECT_EQ(responses[0].field("Connection"), "close");
  conversation.finish();
  ASSERT_TRUE(conversation.ended());
  EXPECT_TRUE(conversation.outcome());
}

TEST(Http1TimeoutTest, SilenceBetweenRequestsIsNoRequest) {
  Conversation conversation(timed_handler());
  conversation.server().fail(2, Errc::kTimeout);  // after one receive and one send
  conversation.send(kGetRequest);
  ASSERT_TRUE(conversation.ended());
  EXPECT_EQ(conversation.outcome().error(), (Error{Errc::kTimeout, During::kReceive}));
  EXPECT_EQ(responses_in(conversation.received()).size(), 1u) << "no 408";
}

TEST(Http1TimeoutTest, SilenceInABodyEndsTheConnection) {
  Conversation conversation(timed_handler());
  conversation.server().fail(2, Errc::kTimeout);
  conversation.send(kPost.substr(0, kPost.size() - 2));
  ASSERT_TRUE(conversation.ended());
  EXPECT_EQ(conversation.outcome().error().code, Errc::kTimeout);
}

TEST(Http1TimeoutTest, ALingeringClientIsLeftWithoutAnError) {
  Conversation conversation(timed_handler());
  conversation.server().fail(3, Errc::kTimeout);  // receive, send, end, receive
  conversation.send("bad\r\n");
  ASSERT_TRUE(conversation.ended());
  EXPECT_TRUE(conversation.outcome());
  EXPECT_EQ(responses_in(conversation.received()).at(0).status, 400);
}

TEST(Http1DrainTest, AConnectionThatWaitsForARequestEndsInOrder) {
  for (std::string_view before : {std::string_view(), kGetRequest}) {
    Conversation conversation(timed_handler());
    if (!before.empty()) conversation.send(before);
    conversation.start();
    EXPECT_TRUE(conversation.server().waited_idle());
    conversation.server().abort({Errc::kDrained});
    ASSERT_TRUE(conversation.ended());
    EXPECT_TRUE(conversation.outcome());
  }
}

TEST(Http1DrainTest, ARequestUnderWayIsAborted) {
  for (std::string_view begun : {kGetRequest.substr(0, 5), kPost.substr(0, kPost.size() - 1)}) {
    Conversation conversation(timed_handler());
    conversation.send(begun);
    EXPECT_FALSE(conversation.server().waited_idle());
    conversation.server().abort({Errc::kAborted});
    ASSERT_TRUE(conversation.ended());
    EXPECT_EQ(conversation.outcome().error().code, Errc::kAborted);
  }
}

// The client finishes after each number of bytes: complete requests are answered, and nothing
// pretends that the cut one was.
TEST(Http1CutTest, RequestsCutAnywhere) {
  const std::string requests =
      std::string(kGetRequest) + std::string(kPost) + std::string(kChunked);
  const size_t ends[] = {kGetRequest.size(), kGetRequest.size() + kPost.size(), requests.size()};
  for (size_t size = 0; size <= requests.size(); ++size) {
    Conversation conversation(timed_handler());
    conversation.send(requests.substr(0, size));
    conversation.finish();
    ASSERT_TRUE(conversation.ended());
    EXPECT_TRUE(conversation.outcome());
    EXPECT_TRUE(conversation.got_end());
    size_t complete = 0;
    for (size_t end : ends) complete += size >= end ? 1 : 0;
    std::string_view rest = conversation.received();
    HttpResponseReader reader(rest);
    for (size_t i = 0; i < complete; ++i) EXPECT_EQ(reader.next().status, 200);
    if (complete == 3) {
      EXPECT_TRUE(reader.empty());
    } else if (complete == 2) {
      EXPECT_FALSE(rest.ends_with("0\r\n\r\n")) << "cut at " << size;
    }
    ASSERT_FALSE(HasFailure()) << "cut at " << size;
  }
}

TEST(Http1SplitTest, AnswersDoNotDependOnHowRequestsCame) {
  const std::string samples[] = {
      std::string(kGetRequest),
      std::string(kPost),
      std::string(kChunked),
      std::string(kGetRequest) + std::string(kPost) + std::string(kChunked) +
          std::string(kGetRequest),
      "\r\n\r\n" + std::string(kPost) + "nonsense\r\n\r\n",
      "POST / HTTP/1.0\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc" +
          std::string(kGetRequest),
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc" +
          std::string(kGetRequest),
  };
  for (const std::string& sample : samples) {
    std::vector<HttpResponse> whole;
    for (const std::vector<std::string>& pieces : splits_of(sample)) {
      Conversation conversation(timed_handler());
      conversation.send_pieces(pieces);
      conversation.finish();
      ASSERT_TRUE(conversation.ended() && conversation.outcome());
      std::vector<HttpResponse> responses = responses_in(conversation.received());
      if (whole.empty()) whole = responses;
      ASSERT_EQ(responses, whole) << sample << " first piece: " << pieces.front();
    }
    EXPECT_FALSE(whole.empty());
  }
}

// A request mix that reaches every kind of operation: gathered and moved parts, both framings, an
// early close, and bytes that are taken in while lingering.
std::vector<std::string> mix() {
  const std::string body = pattern(40'000);
  const std::string large = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 40000\r\n\r\n" + body;
  const std::string chunked =
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n9c40\r\n" + body +
      "\r\n0\r\n\r\n";
  return {std::string(kGetRequest) + std::string(kPost).substr(0, 20),
          std::string(kPost).substr(20) + std::string(kChunked).substr(0, 70),
          std::string(kChunked).substr(70),
          "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
          "x",
          large,
          chunked,
          "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
          "ignored"};
}

// How many operations serving the mix takes, and that it works while none of them fails.
size_t operations_of_mix() {
  Conversation conversation(timed_handler());
  conversation.send_pieces(mix());
  conversation.finish();
  EXPECT_TRUE(conversation.ended() && conversation.outcome());
  EXPECT_EQ(responses_in(conversation.received()).size(), 7u);
  return conversation.server().operations();
}

TEST(Http1FailureTest, EndsWithTheErrorOfWhicheverOperationFails) {
  const size_t operations = operations_of_mix();
  ASSERT_GE(operations, 20u);
  for (Errc code : {Errc::kReset, Errc::kNoMemory, Errc::kSystem}) {
    for (size_t failing = 0; failing < operations; ++failing) {
      Conversation conversation(timed_handler());
      conversation.server().fail(failing, code);
      conversation.send_pieces(mix());
      conversation.finish();
      ASSERT_TRUE(conversation.ended()) << failing;
      // While lingering all is said, and the client may end it as it likes.
      bool lingering = conversation.server().finished();
      ASSERT_EQ(conversation.outcome().has_value(), lingering) << failing;
      if (!lingering) {
        EXPECT_EQ(conversation.outcome().error().code, code);
      }
    }
  }
}

TEST(Http1FailureTest, AResetWhileItWaits) {
  const std::string requests = std::string(kPost) + std::string(kChunked);
  for (size_t size = 0; size <= requests.size(); ++size) {
    Conversation conversation(timed_handler());
    conversation.start();
    if (size > 0) conversation.send(requests.substr(0, size));
    conversation.client().abort({Errc::kReset});
    ASSERT_TRUE(conversation.ended()) << size;
    ASSERT_FALSE(conversation.outcome()) << size;
    EXPECT_EQ(conversation.outcome().error().code, Errc::kReset);
  }
}

TEST(Http1FailureTest, APoolWithoutBuffersEndsTheConnection) {
  // One buffer: the client's. What the handler writes finds none.
  Conversation conversation(timed_handler(), {.buffer_count_max = 1});
  conversation.send(kGetRequest);
  ASSERT_TRUE(conversation.ended());
  EXPECT_EQ(conversation.outcome().error(), (Error{Errc::kNoMemory, During::kNone}));
}

}  // namespace
}  // namespace echod
