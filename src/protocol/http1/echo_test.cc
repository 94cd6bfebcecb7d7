// The HTTP/1 echo where all goes well: which response a request gets, and in how many sends.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "protocol/http1/handler.h"
#include "protocol/http1/response_test_util.h"
#include "protocol/protocol.h"
#include "protocol/protocol_test_util.h"

namespace echod {
namespace {

const Http1Handler& echo_handler() {
  static const Http1Handler instance(Http1Settings{});
  return instance;
}

std::string post(std::string_view body, std::string_view more_fields = "") {
  return "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(more_fields) + "\r\n" + std::string(body);
}

constexpr std::string_view kChunkedPostHead =
    "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n";

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

// `bytes` with the value of every Date replaced.
std::string undated(std::string bytes) {
  constexpr size_t kDateSize = 29;
  for (size_t at = bytes.find("Date: "); at != std::string::npos;
       at = bytes.find("Date: ", at + 6)) {
    bytes.replace(at + 6, kDateSize, "*");
  }
  return bytes;
}

// The one response to `request`.
HttpResponse only_answer_to(std::string_view request) {
  Conversation conversation(echo_handler());
  conversation.send(request);
  conversation.finish();
  EXPECT_TRUE(conversation.ended() && conversation.outcome());
  EXPECT_EQ(conversation.session().requests, 1u);
  HttpResponseReader reader(conversation.received());
  HttpResponse response = reader.next(request.starts_with("HEAD"));
  EXPECT_TRUE(reader.empty()) << "more than one response";
  return response;
}

TEST(Http1EchoTest, ThePostedBodyByteForByte) {
  Conversation conversation(echo_handler());
  conversation.send(post("Hello!", "Content-Type: text/plain\r\n"));
  EXPECT_EQ(undated(conversation.received()),
            "HTTP/1.1 200 OK\r\n"
            "Date: *\r\n"
            "Content-Type: text/plain\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Content-Security-Policy: sandbox; default-src 'none'\r\n"
            "Cache-Control: no-store\r\n"
            "Content-Length: 6\r\n"
            "\r\n"
            "Hello!");
  EXPECT_EQ(conversation.server().sends().size(), 1u);
  EXPECT_FALSE(conversation.ended()) << "the connection is kept";
  EXPECT_EQ(conversation.session().protocol, Protocol::kHttp1);
  EXPECT_TRUE(conversation.session().ends_on_drain);
  EXPECT_EQ(conversation.pool().leased(), 0u) << "an idle connection holds no buffer";
}

TEST(Http1EchoTest, AChunkedBodyComesBackChunked) {
  Conversation conversation(echo_handler());
  conversation.send(std::string(kChunkedPostHead) +
                    "\r\n5;extension=1\r\nHello\r\n1\r\n!\r\n0\r\nX-Trailer: kept\r\n\r\n");
  EXPECT_EQ(undated(conversation.received()),
            "HTTP/1.1 200 OK\r\n"
            "Date: *\r\n"
            "Content-Type: application/octet-stream\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Content-Security-Policy: sandbox; default-src 'none'\r\n"
            "Cache-Control: no-store\r\n"
            "Transfer-Encoding: chunked\r\n"
            "\r\n"
            "5\r\nHello\r\n1\r\n!\r\n0\r\nX-Trailer: kept\r\n\r\n");
  EXPECT_EQ(conversation.server().sends().size(), 1u);
}

TEST(Http1EchoTest, ChunksComeBackAsTheyWereForEverySplit) {
  const std::string body = "a\r\n0123456789\r\n1\r\n!\r\n5\r\nabcde\r\n0\r\n\r\n";
  const std::string request = std::string(kChunkedPostHead) + "\r\n" + body;
  for (const std::vector<std::string>& pieces : splits_of(request)) {
    Conversation conversation(echo_handler());
    conversation.send_pieces(pieces);
    EXPECT_TRUE(conversation.received().ends_with("\r\n\r\n" + body)) << conversation.received();
  }
}

TEST(Http1EchoTest, EmptyBodies) {
  HttpResponse sized = only_answer_to(post(""));
  EXPECT_EQ(sized.field("Content-Length"), "0");
  EXPECT_EQ(sized.body, "");
  HttpResponse chunked = only_answer_to(std::string(kChunkedPostHead) + "\r\n0\r\n\r\n");
  EXPECT_TRUE(chunked.chunked);
  EXPECT_EQ(chunked.body, "");
}

TEST(Http1EchoTest, OnlyHarmlessContentTypesComeBack) {
  auto type_of = [](std::string_view type) {
    return only_answer_to(post("x", "Content-Type: " + std::string(type) + "\r\n"))
        .field("Content-Type");
  };
  EXPECT_EQ(type_of("application/json"), "application/json");
  EXPECT_EQ(type_of("text/html"), "application/octet-stream");
  EXPECT_EQ(type_of("image/svg+xml"), "application/octet-stream");
  EXPECT_EQ(type_of("nonsense"), "application/octet-stream");
}

TEST(Http1EchoTest, HeadGetsTheHeadAlone) {
  HttpResponse sized =
      only_answer_to("HEAD / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(sized.field("Content-Length"), "5");
  HttpResponse chunked = only_answer_to(
      "HEAD / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
  EXPECT_EQ(chunked.field("Transfer-Encoding"), "chunked");
}

TEST(Http1EchoTest, Http10ClosesUnlessAskedToStay) {
  Conversation closing(echo_handler());
  closing.send("POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_TRUE(closing.got_end());
  HttpResponse response = HttpResponseReader(closing.received()).next();
  EXPECT_EQ(response.field("Connection"), "close");
  EXPECT_EQ(response.body, "hi");

  Conversation staying(echo_handler());
  const std::string_view request =
      "POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi";
  staying.send(request);
  staying.send(request);
  EXPECT_FALSE(staying.got_end());
  std::vector<HttpResponse> responses = responses_in(staying.received());
  ASSERT_EQ(responses.size(), 2u);
  EXPECT_EQ(responses[0].field("Connection"), "keep-alive");
}

TEST(Http1EchoTest, ConnectionCloseIsHonoured) {
  Conversation conversation(echo_handler());
  conversation.send(post("bye", "Connection: close\r\n") + post("ignored"));
  EXPECT_TRUE(conversation.got_end());
  std::vector<HttpResponse> responses = responses_in(conversation.received());
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].field("Connection"), "close");
  EXPECT_EQ(responses[0].body, "bye");
  EXPECT_EQ(conversation.session().requests, 1u);
  conversation.send("taken in and dropped");
  EXPECT_FALSE(conversation.ended()) << "it lingers";
  conversation.finish();
  ASSERT_TRUE(conversation.ended());
  EXPECT_TRUE(conversation.outcome());
}

TEST(Http1EchoTest, PipelinedRequestsShareASend) {
  Conversation conversation(echo_handler());
  std::string requests;
  for (int i = 0; i < 12; ++i) requests += post("body " + std::to_string(i));
  conversation.send(requests);
  std::vector<HttpResponse> responses = responses_in(conversation.received());
  ASSERT_EQ(responses.size(), 12u);
  for (size_t i = 0; i < 12; ++i) EXPECT_EQ(responses[i].body, "body " + std::to_string(i));
  EXPECT_EQ(conversation.server().sends().size(), 1u);
  EXPECT_EQ(conversation.session().requests, 12u);
}

TEST(Http1EchoTest, ManyPipelinedRequestsFillEveryBuffer) {
  constexpr size_t kRequests = 2000;
  Conversation conversation(echo_handler());
  std::string requests;
  for (size_t i = 0; i < kRequests; ++i) requests += kGet;
  conversation.send(requests);
  EXPECT_EQ(responses_in(conversation.received()).size(), kRequests);
  const std::vector<size_t>& sends = conversation.server().sends();
  const size_t buffer_size = conversation.pool().buffer_size();
  size_t full = 0;
  for (size_t size : sends) full += size == buffer_size ? 1 : 0;
  const size_t receives = requests.size() / buffer_size + 1;
  EXPECT_EQ(full, sends.size() - receives) << "one send less than full for each receive";
}

TEST(Http1EchoTest, ContinueIsSentToAClientThatWaits) {
  Conversation conversation(echo_handler());
  const std::string request = post("hello", "Expect: 100-continue\r\n");
  conversation.send(request.substr(0, request.size() - 5));
  EXPECT_EQ(conversation.take_received(), "HTTP/1.1 100 Continue\r\n\r\n");
  conversation.send("he");
  conversation.send("llo");
  EXPECT_EQ(responses_in(conversation.received()).at(0).body, "hello");
  EXPECT_EQ(conversation.received().find("100 Continue"), std::string::npos) << "only once";
}

TEST(Http1EchoTest, NoContinueWhereNobodyWaits) {
  for (const std::string& request :
       {post("hello", "Expect: 100-continue\r\n"),  // the body is here already
        post("", "Expect: 100-continue\r\n"),       // there is none
        std::string("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"),
        std::string("TRACE / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                    "Content-Length: 1\r\n\r\n")}) {
    Conversation conversation(echo_handler());
    conversation.send(request);
    EXPECT_EQ(conversation.received().find("100 Continue"), std::string::npos) << request;
  }
}

TEST(Http1EchoTest, EmptyLinesBeforeARequestAreNothing) {
  Conversation conversation(echo_handler());
  conversation.send("\r\n");
  EXPECT_TRUE(conversation.session().ends_on_drain);
  conversation.send(kGet);
  EXPECT_EQ(responses_in(conversation.received()).size(), 1u);
}

TEST(Http1EchoTest, ABodyIsStreamedAsItComes) {
  Conversation conversation(echo_handler());
  const std::string request = post("hello");
  conversation.send(request.substr(0, request.size() - 4));
  EXPECT_TRUE(conversation.take_received().ends_with("\r\n\r\nh"));
  conversation.send("el");
  EXPECT_EQ(conversation.take_received(), "el");
  EXPECT_FALSE(conversation.session().ends_on_drain);
  EXPECT_FALSE(conversation.server().waited_idle());
  conversation.send("lo");
  EXPECT_EQ(conversation.take_received(), "lo");
  EXPECT_TRUE(conversation.server().waited_idle());
}

TEST(Http1EchoTest, LargeBodiesAreMoved) {
  constexpr size_t kSize = 4 << 20;
  const std::string request = post(pattern(kSize));
  Conversation conversation(echo_handler());
  const uint64_t copied_before = copied_bytes();
  conversation.send(request);
  const uint64_t copied = copied_bytes() - copied_before - request.size();
  EXPECT_LE(copied, 8192u) << "the head, and an end of at most 4 KiB";
  HttpResponse response = HttpResponseReader(conversation.received()).next();
  EXPECT_TRUE(response.body == pattern(kSize));
  EXPECT_EQ(conversation.pool().leased(), 0u);
}

TEST(Http1EchoTest, LargeChunksAreMoved) {
  constexpr size_t kSize = 4 << 20;  // 0x400000
  const std::string request =
      std::string(kChunkedPostHead) + "\r\n400000\r\n" + pattern(kSize) + "\r\n0\r\n\r\n";
  Conversation conversation(echo_handler());
  const uint64_t copied_before = copied_bytes();
  conversation.send(request);
  const uint64_t copied = copied_bytes() - copied_before - request.size();
  EXPECT_LE(copied, 2 * conversation.pool().buffer_size()) << "chunk lines, and the last part";
  HttpResponse response = HttpResponseReader(conversation.received()).next();
  EXPECT_TRUE(response.body == pattern(kSize));
}

TEST(Http1EchoTest, TwoBuffersSufficeForAnyBody) {
  for (size_t buffer_size : {64u, 1000u, 5000u}) {
    // One is the client's.
    Conversation conversation(
        echo_handler(), {.buffer_size = static_cast<uint32_t>(buffer_size), .buffer_count_max = 3});
    const std::string body = pattern(50'000);
    conversation.send(post(body));
    conversation.send(std::string(kChunkedPostHead) + "\r\nc350\r\n" + body + "\r\n0\r\n\r\n");
    std::vector<HttpResponse> responses = responses_in(conversation.received());
    ASSERT_EQ(responses.size(), 2u);
    EXPECT_TRUE(responses[0].body == body && responses[1].body == body);
  }
}

TEST(Http1EchoTest, TrailersComeBack) {
  const Http1Handler handler{Http1Settings()};
  Conversation conversation(handler);
  conversation.send(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
      "Trailer: X-Sum, Set-Cookie\r\nTrailer: grpc-status\r\n\r\n"
      "5\r\nHello\r\n0\r\nX-Sum:  1 \r\nSet-Cookie: a=b\r\nCache-Control: public\r\ngrpc-status: "
      "0\r\n\r\n");
  conversation.finish();
  EXPECT_TRUE(conversation.received().contains("\r\nTrailer: X-Sum, grpc-status\r\n"));
  EXPECT_TRUE(conversation.received().ends_with(
      "\r\n5\r\nHello\r\n0\r\nX-Sum: 1\r\ngrpc-status: 0\r\n\r\n"))
      << conversation.received();
}

TEST(Http1EchoTest, ACodedBodyComesBackWithItsCoding) {
  const Http1Handler handler{Http1Settings()};
  Conversation conversation(handler);
  conversation.send(
      "POST /?gzip=true HTTP/1.1\r\nHost: h\r\nContent-Encoding: br, gzip\r\nAccept-Encoding: "
      "gzip\r\n"
      "Content-Type: application/json\r\nContent-Length: 3\r\n\r\nabc");
  conversation.finish();
  EXPECT_TRUE(conversation.received().contains("\r\nContent-Encoding: br, gzip\r\n"));
  EXPECT_TRUE(conversation.received().contains("\r\nContent-Type: application/json\r\n"));
  EXPECT_TRUE(conversation.received().ends_with("\r\n\r\nabc")) << conversation.received();
}

}  // namespace
}  // namespace echod
