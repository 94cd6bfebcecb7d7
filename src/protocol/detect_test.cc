// Detection: which handler gets a connection, with every byte that was read, however the bytes were
// split.
#include "protocol/detect.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "protocol/http1/handler.h"
#include "protocol/http1/response_test_util.h"
#include "protocol/protocol_test_util.h"
#include "protocol/raw/handler.h"
#include "stream/stream_test_util.h"
#include "wire/detect.h"

namespace echod {
namespace {

using namespace std::string_view_literals;

constexpr Duration kDetectTimeout = std::chrono::seconds(3);

// Serves as the server does: the first bytes decide which handler gets the connection.
class DetectingHandler final : public Handler {
 public:
  Task<> serve(Stream& peer, Session& session) const override {
    std::unique_ptr<Stream> stream = borrow(peer);
    co_await detect(stream, session, kDetectTimeout);
    EXPECT_NE(session.protocol, Protocol::kAuto);
    const Handler* handler = &raw_;
    if (session.protocol == Protocol::kHttp1) handler = &http1_;
    co_await handler->serve(*stream, session);
  }

 private:
  RawHandler raw_;
  Http1Handler http1_{Http1Settings{}};
};

const DetectingHandler& handler() {
  static const DetectingHandler instance;
  return instance;
}

// What is raw at some byte, and what never decides; all of it comes back as it was sent.
constexpr std::string_view kRawSamples[] = {
    "x"sv,
    "hello\n"sv,
    "\n"sv,
    "\0\0\0"sv,
    "\xff\xfe"sv,
    "G"sv,
    "GE"sv,
    "GET"sv,
    "GET "sv,
    "GET /"sv,
    "GET / HTTP"sv,
    "GET / HTTP/"sv,
    "GET / HTTP/x\r\n"sv,
    "GET / http/1.1\r\n"sv,
    "GET /\r\n"sv,
    "GET  / HTTP/1.1\r\n"sv,
    "GET /etc/passwd please\n"sv,
    "POST a letter\n"sv,
    "get / HTTP/1.1\n"sv,
    "BREW /pot HTTP/1.1\n"sv,
    "PUTT / HTTP/1.1\n"sv,
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"sv,
    "OPTIONS * HTTP1.1\r\n"sv,
    "DELETE everything now\n"sv,
};

TEST(DetectTest, RawSamplesComeBackForEverySplit) {
  for (std::string_view sample : kRawSamples) {
    for (const std::vector<std::string>& pieces : splits_of(sample)) {
      Conversation conversation(handler());
      conversation.send_pieces(pieces);
      conversation.finish();
      ASSERT_TRUE(conversation.ended());
      ASSERT_TRUE(conversation.outcome());
      ASSERT_EQ(conversation.received(), sample) << "first piece: " << pieces.front();
      ASSERT_EQ(conversation.session().protocol, Protocol::kRaw);
      ASSERT_TRUE(conversation.got_end());
    }
  }
}

constexpr std::string_view kHttpSamples[] = {
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
    "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
    "CONNECT example.org:443 HTTP/1.1\r\nHost: h\r\n\r\n",
    "QUERY /q HTTP/1.1\r\nHost: h\r\n\r\n",
    "PROPFIND / HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /x?q=\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET / HTTP/2.0\r\n\r\n",
    "GET / HTTP/1.1\r\nno host\r\n\r\n",
};

TEST(DetectTest, HttpSamplesAreAnsweredForEverySplit) {
  for (std::string_view sample : kHttpSamples) {
    std::vector<HttpResponse> whole;
    for (const std::vector<std::string>& pieces : splits_of(sample)) {
      Conversation conversation(handler());
      conversation.send_pieces(pieces);
      conversation.finish();
      ASSERT_TRUE(conversation.ended());
      ASSERT_TRUE(conversation.outcome());
      ASSERT_EQ(conversation.session().protocol, Protocol::kHttp1);
      std::vector<HttpResponse> responses = responses_in(conversation.received());
      ASSERT_EQ(responses.size(), 1u) << sample;
      if (whole.empty()) whole = responses;
      ASSERT_EQ(responses, whole) << sample << " first piece: " << pieces.front();
    }
  }
}

TEST(DetectTest, ATargetOfTheLargestSizeIsHttp) {
  const std::string line = "GET /" + std::string(wire::kDetectionSizeMax - 1, 'a');
  for (size_t piece_size : {size_t{1}, size_t{1000}, line.size()}) {
    Conversation conversation(handler());
    conversation.send_pieces(in_pieces(line, piece_size));
    conversation.send(" HTTP/1.1\r\nHost: h\r\n\r\n");
    conversation.finish();
    ASSERT_TRUE(conversation.ended());
    EXPECT_EQ(conversation.session().protocol, Protocol::kHttp1);
    EXPECT_EQ(responses_in(conversation.received()).at(0).status, 200);
  }
}

TEST(DetectTest, APrefixOfTheLargestSizeComesBack) {
  const std::string line = "GET /" + std::string(wire::kDetectionSizeMax - 2, 'a') + " HTTP/";
  for (size_t piece_size : {size_t{1}, size_t{1000}, line.size()}) {
    Conversation conversation(handler());
    conversation.send_pieces(in_pieces(line, piece_size));
    EXPECT_EQ(conversation.received(), "");
    conversation.send("not\n");
    EXPECT_TRUE(conversation.received() == line + "not\n");
  }
}

TEST(DetectTest, APrefixIsHeldUntilItIsDecided) {
  Conversation conversation(handler());
  conversation.send("GET /etc/");
  EXPECT_EQ(conversation.received(), "");
  EXPECT_EQ(conversation.session().protocol, Protocol::kAuto);
  EXPECT_EQ(conversation.pool().leased(), 0u) << "no receive buffer waits for a slow client";
  conversation.send("passwd please\n");
  EXPECT_EQ(conversation.received(), "GET /etc/passwd please\n");
  conversation.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(conversation.received(), "GET /etc/passwd please\nGET / HTTP/1.1\r\n\r\n")
      << "the verdict is final";
}

TEST(DetectTest, TheDecidingChunkIsHandedOnUncopied) {
  Conversation conversation(handler());
  const uint64_t copied_before = copied_bytes();
  conversation.send("hello, raw world\n");
  EXPECT_EQ(copied_bytes() - copied_before, 17u);  // the client's own copy
  EXPECT_EQ(conversation.received(), "hello, raw world\n");
}

TEST(DetectTest, NothingAtAllIsAnEmptyEcho) {
  Conversation conversation(handler());
  conversation.finish();
  ASSERT_TRUE(conversation.ended());
  EXPECT_TRUE(conversation.outcome());
  EXPECT_EQ(conversation.received(), "");
  EXPECT_TRUE(conversation.got_end());
}

TEST(DetectTest, TheDeadlineCountsFromTheFirstByte) {
  Conversation conversation(handler());
  conversation.start();
  EXPECT_TRUE(conversation.server().waited_idle());
  conversation.clock().advance(std::chrono::minutes(1));
  conversation.send("G");
  const Deadline deadline = conversation.clock().now() + kDetectTimeout;
  EXPECT_FALSE(conversation.server().waited_idle());
  conversation.clock().advance(std::chrono::seconds(1));
  conversation.send("E");
  conversation.clock().advance(std::chrono::seconds(1));
  conversation.send("T");
  EXPECT_EQ(conversation.server().receive_deadlines(),
            (std::vector<Deadline>{kNever, deadline, deadline, deadline}));
  conversation.send("x");
  EXPECT_EQ(conversation.server().receive_deadlines().back(), kNever) << "taken back once decided";
  EXPECT_EQ(conversation.received(), "GETx");
}

TEST(DetectTest, AfterTheDeadlineThePrefixIsRaw) {
  Conversation conversation(handler());
  conversation.server().fail(2, Errc::kTimeout);  // the third receive
  conversation.send_pieces({"GET /", "index"});
  EXPECT_EQ(conversation.received(), "GET /index");
  EXPECT_EQ(conversation.session().protocol, Protocol::kRaw);
  conversation.send(" HTTP/1.1\r\n\r\n");
  EXPECT_EQ(conversation.received(), "GET /index HTTP/1.1\r\n\r\n");
  EXPECT_EQ(conversation.server().receive_deadlines().back(), kNever);
  conversation.finish();
  EXPECT_TRUE(conversation.outcome());
}

TEST(DetectTest, SilenceFromTheStartIsATimeout) {
  Conversation conversation(handler());
  conversation.server().fail(0, Errc::kTimeout);
  conversation.start();
  ASSERT_TRUE(conversation.ended());
  EXPECT_EQ(conversation.outcome().error(), (Error{Errc::kTimeout, During::kReceive}));
}

TEST(DetectTest, EndsWithTheErrorOfWhicheverOperationFails) {
  size_t operations = 0;
  for (size_t failing = 0; failing <= operations; ++failing) {
    Conversation conversation(handler());
    conversation.server().fail(failing, Errc::kReset);
    conversation.send_pieces({"GE", "T ", "hello", "!"});
    conversation.finish();
    operations = conversation.server().operations();
    ASSERT_TRUE(conversation.ended());
    ASSERT_EQ(conversation.outcome().has_value(), failing == operations);
    if (failing < operations) {
      EXPECT_EQ(conversation.outcome().error().code, Errc::kReset);
    }
    // The fifth receive, the end, decides; a reset before it is no verdict.
    EXPECT_EQ(conversation.session().protocol, failing < 5 ? Protocol::kAuto : Protocol::kRaw);
  }
  EXPECT_GE(operations, 8u);
}

TEST(DetectTest, APoolWithoutBuffersEndsTheConnection) {
  Conversation conversation(handler(), {.buffer_count_max = 1});
  conversation.send("GET /");
  Result<Chunk> last = conversation.pool().lease();
  ASSERT_TRUE(last);
  conversation.finish();
  ASSERT_TRUE(conversation.ended());
  EXPECT_EQ(conversation.outcome().error().code, Errc::kNoMemory);
}

}  // namespace
}  // namespace echod
