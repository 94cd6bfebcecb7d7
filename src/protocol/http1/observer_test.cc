// What an observer is told: each request once, when it was answered, refused or cut, with what it
// and its answer were.
#include "http/observer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "protocol/http1/handler.h"
#include "protocol/http1/response_test_util.h"
#include "protocol/protocol_test_util.h"

namespace echod {
namespace {

using namespace std::chrono_literals;

// What it is told, the views copied.
class Recorder final : public http::Observer {
 public:
  struct Told {
    uint64_t request;
    std::string head;
    std::string method;
    std::string target;
    http::ExchangeFacts facts;  // but for the views
  };

  void answered(const Session& session, const http::ExchangeFacts& facts) override {
    told.push_back({session.requests, std::string(facts.request.raw),
                    std::string(facts.request.method), std::string(facts.request.target), facts});
    told.back().facts.request = {};
  }

  std::vector<Told> told;
};

class HttpObserverTest : public testing::Test {
 protected:
  const std::vector<Recorder::Told>& told() const { return recorder_.told; }

  // The one exchange that was told.
  Recorder::Told only() const {
    EXPECT_EQ(told().size(), 1u);
    return told().empty() ? Recorder::Told{} : told().front();
  }

  static Http1Settings told_to(http::Observer& observer) {
    Http1Settings settings;
    settings.observer = &observer;
    return settings;
  }

  Recorder recorder_;
  const Http1Handler handler_{told_to(recorder_)};
  Conversation conversation_{handler_};
};

TEST_F(HttpObserverTest, ABodyThatComesBack) {
  const std::string head = "POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n";
  conversation_.send(head + "hel");
  EXPECT_TRUE(told().empty()) << "told before the answer's end";
  conversation_.clock().advance(3ms);
  conversation_.send("lo");
  const Recorder::Told told = only();
  EXPECT_EQ(told.request, 1u);
  EXPECT_EQ(told.head, head);
  EXPECT_EQ(told.method, "POST");
  EXPECT_EQ(told.target, "/a?b=c");
  EXPECT_EQ(told.facts.status, 200);
  EXPECT_EQ(told.facts.request_body_size, 5u);
  EXPECT_EQ(told.facts.response_body_size, 5u);
  EXPECT_EQ(told.facts.duration, 3ms);
  EXPECT_TRUE(told.facts.complete);
}

TEST_F(HttpObserverTest, BodySizesAreWithoutFraming) {
  conversation_.send(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x=y\r\nhello\r\n7\r\n, world\r\n0\r\nA: trailer\r\n\r\n");
  EXPECT_EQ(only().facts.request_body_size, 12u);
  EXPECT_EQ(only().facts.response_body_size, 12u);
}

TEST_F(HttpObserverTest, TheResponsesBodyIsWhatTheClientGets) {
  const std::vector<std::string> requests = {
      "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /raw HTTP/1.1\r\nHost: h\r\n\r\n",
      "POST /raw HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
      "POST /reflect HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
      "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n",
      "HEAD /raw HTTP/1.1\r\nHost: h\r\n\r\n",
      "HEAD / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
  };
  for (const std::string& request : requests) {
    conversation_.send(request);
    const bool to_head = request.starts_with("HEAD");
    const std::string received = conversation_.take_received();
    ASSERT_FALSE(told().empty()) << request;
    const http::ExchangeFacts& facts = told().back().facts;
    EXPECT_EQ(facts.status, 200);
    EXPECT_EQ(facts.request_body_size, request.ends_with("hello") ? 5u : 0u) << request;
    EXPECT_EQ(facts.response_body_size, HttpResponseReader(received).next(to_head).body.size())
        << request;
  }
  EXPECT_EQ(told().size(), requests.size());
  for (size_t i = 0; i < told().size(); ++i) EXPECT_EQ(told()[i].request, i + 1);
}

TEST_F(HttpObserverTest, PipelinedRequestsAreToldOneByOne) {
  conversation_.send(
      "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /22 HTTP/1.1\r\nHost: h\r\n\r\n"
      "GET /333 HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_EQ(told().size(), 3u);
  EXPECT_EQ(told()[0].target, "/1");
  EXPECT_EQ(told()[1].target, "/22");
  EXPECT_EQ(told()[2].target, "/333");
}

TEST_F(HttpObserverTest, ARefusedHeadIsNotShown) {
  conversation_.send("GET /secret HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n");
  EXPECT_EQ(only().head, "");
  EXPECT_EQ(only().method, "");
  EXPECT_EQ(only().target, "");
  EXPECT_EQ(only().facts.status, 400);
  constexpr std::string_view kBody =
      "400 Bad Request\r\n"
      "a header name is not a token followed by a colon, at byte 35 of the request\r\n";
  EXPECT_EQ(only().facts.response_body_size, kBody.size());
  EXPECT_EQ(only().facts.refusal, "a header name is not a token followed by a colon");
  EXPECT_TRUE(only().facts.complete);
}

TEST_F(HttpObserverTest, ARefusedRequestWithAHeadIsShown) {
  conversation_.send("TRACE /x HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(only().method, "TRACE");
  EXPECT_EQ(only().target, "/x");
  EXPECT_EQ(only().facts.status, 405);
}

TEST_F(HttpObserverTest, ABodyThatIsWrongFromItsStartIsRefused) {
  conversation_.send("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n");
  EXPECT_EQ(only().target, "/x");
  EXPECT_EQ(only().facts.status, 400);
  EXPECT_TRUE(only().facts.complete);
}

TEST_F(HttpObserverTest, ASlowHeadIsRefused) {
  conversation_.start();
  conversation_.server().fail(1, Errc::kTimeout);  // the receive after the first
  conversation_.send("GET / HT");
  EXPECT_EQ(only().facts.status, 408);
  EXPECT_EQ(only().head, "");
}

TEST_F(HttpObserverTest, AnAnswerThatIsCut) {
  conversation_.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello");
  EXPECT_TRUE(told().empty());
  conversation_.finish();
  EXPECT_EQ(only().target, "/x");
  EXPECT_EQ(only().facts.status, 200);
  EXPECT_EQ(only().facts.request_body_size, 5u);
  EXPECT_EQ(only().facts.response_body_size, 5u);
  EXPECT_FALSE(only().facts.complete);
}

TEST_F(HttpObserverTest, AConnectionThatIsCutBeforeTheAnswer) {
  conversation_.start();
  conversation_.server().fail(1, Errc::kReset);  // the receive after the first
  conversation_.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n");
  EXPECT_FALSE(conversation_.outcome());
  EXPECT_EQ(only().target, "/x");
  EXPECT_EQ(only().facts.status, 0);
  EXPECT_FALSE(only().facts.complete);
}

TEST_F(HttpObserverTest, AHeadThatNeverCameToItsEndIsNoRequest) {
  conversation_.send("GET / HT");
  conversation_.finish();
  EXPECT_TRUE(told().empty());
}

TEST_F(HttpObserverTest, AWebSocketIsToldWhenItIsOpened) {
  conversation_.send(
      "GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  EXPECT_EQ(only().target, "/chat");
  EXPECT_EQ(only().facts.status, 101);
  EXPECT_EQ(only().facts.response_body_size, 0u);
  EXPECT_TRUE(only().facts.complete);
  conversation_.finish();
  EXPECT_EQ(told().size(), 1u) << "told again at its end";
}

TEST_F(HttpObserverTest, AHandshakeThatIsRefused) {
  conversation_.send(
      "GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n");
  EXPECT_EQ(only().facts.status, 426);
  EXPECT_EQ(only().target, "/chat");
}

TEST(HttpObserverNoneTest, NobodyNeedsToBeTold) {
  const Http1Handler handler(Http1Settings{});
  Conversation conversation(handler);
  conversation.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(conversation.received().starts_with("HTTP/1.1 200 OK\r\n"));
}

}  // namespace
}  // namespace echod
