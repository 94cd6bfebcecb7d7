// What every answer has in common, whatever the endpoint: its framing, what caches may do with it,
// and whether the connection outlives it.
#include "protocol/http1/exchange.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/chunk_test_util.h"
#include "base/pattern.h"
#include "protocol/http1/handler.h"
#include "protocol/http1/response_test_util.h"
#include "protocol/protocol_test_util.h"
#include "wire/coding/content_decoder_test_util.h"
#include "wire/http1/response.h"

namespace echod {
namespace {

// All bytes of the response to `request`, on a connection that then ends.
std::string answers_to(std::string_view request) {
  const Http1Handler handler{Http1Settings()};
  Conversation conversation(handler);
  conversation.send(request);
  conversation.finish();
  return conversation.take_received();
}

std::string get(std::string_view target, std::string_view fields = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
}

HttpResponse first_answer_to(std::string_view request) {
  return HttpResponseReader(answers_to(request)).next();
}

TEST(Http1ExchangeTest, ARefusedHeadRequestHasNoBodyInItsAnswer) {
  const std::string answers =
      answers_to("HEAD / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nnot a chunk\r\n");
  EXPECT_TRUE(answers.starts_with("HTTP/1.1 400 ")) << answers;
  EXPECT_TRUE(answers.ends_with("\r\n\r\n")) << answers;
}

TEST(Http1ExchangeTest, AContentThatIsNotThereIsNotCoded) {
  const HttpResponse response = first_answer_to(get("/?status=205", "Accept-Encoding: gzip\r\n"));
  EXPECT_EQ(response.field("Content-Length"), "0");
  EXPECT_EQ(response.field("Content-Encoding"), "(none)") << "nothing is no gzip";
}

TEST(Http1ExchangeTest, ADeclinedRequestWithAnEmptyBodyKeepsTheConnection) {
  const std::string request =
      "POST /bytes/x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n" + get("/healthz");
  const std::vector<HttpResponse> responses = responses_in(answers_to(request));
  ASSERT_EQ(responses.size(), 2u);
  EXPECT_EQ(responses[0].status, 400);
  EXPECT_EQ(responses[1].status, 200);
}

TEST(Http1ExchangeTest, NoCacheKeepsTheRequestsBytes) {
  EXPECT_EQ(first_answer_to(get("/raw", "Cookie: a=b\r\n")).field("Cache-Control"), "no-store");
}

// A cache key contains the query but not these headers: a cache would serve the response to other
// clients.
TEST(Http1ExchangeTest, NoCacheKeepsWhatFieldsOfTheRequestAskedFor) {
  const HttpResponse by_fields =
      first_answer_to(get("/", "X-Echo-Size: 5\r\nX-Echo-Status: 404\r\n"));
  EXPECT_EQ(by_fields.status, 404);
  EXPECT_EQ(by_fields.field("Cache-Control"), "no-store");
  EXPECT_EQ(first_answer_to(get("/?size=5")).field("Cache-Control"), "(none)");
  const HttpResponse document = first_answer_to(get("/", "X-Echo-Status: 404\r\n"));
  EXPECT_EQ(document.field("Cache-Control"), "no-store") << "once";
}

// The place is for the wait: a long upload that asked for a short delay is not one.
TEST(Http1ExchangeTest, NoPlaceAmongThoseThatWaitIsHeldAfterTheDelay) {
  Http1Settings settings;
  settings.control.waiting_max = 1;
  const Http1Handler handler(settings);
  Conversation uploading(handler);
  uploading.send("POST /?delay=1ms HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe");
  EXPECT_TRUE(uploading.received().ends_with("he"));
  Conversation other(handler);
  other.send(get("/?size=1&delay=1ms"));
  EXPECT_EQ(HttpResponseReader(other.received()).next().status, 200);
  uploading.send("llo");
  uploading.finish();
  other.finish();
  EXPECT_TRUE(uploading.received().ends_with("hello"));
}

// Otherwise a client that waits for its echo before it sends more would wait forever.
TEST(Http1ExchangeTest, ACompressedEchoIsNotHeldBack) {
  const Http1Handler handler{Http1Settings()};
  Conversation conversation(handler);
  conversation.send(
      "POST /?gzip=true HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n"
      "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  wire::ContentDecoder decoder(wire::ContentCoding::kGzip);
  const std::string so_far = conversation.received() + std::string(wire::kChunkedEnd);
  EXPECT_TRUE(decoder.feed(HttpResponseReader(so_far).next().body));
  EXPECT_EQ(decoder.text(), "hello");
  conversation.send(wire::kChunkedEnd);
  conversation.finish();
  const HttpResponse response = HttpResponseReader(conversation.received()).next();
  EXPECT_EQ(wire::decoded_content(wire::ContentCoding::kGzip, response.body), "hello");
}

TEST(Http1ExchangeTest, NoBodyAndNoLengthWhereAStatusHasNone) {
  Http1Settings settings;
  for (const char* target : {"/status/204", "/status/304", "/?status=204", "/bytes/9?status=304"}) {
    const Http1Handler handler(settings);
    Conversation conversation(handler);
    conversation.send(get(target));
    const std::string& received = conversation.received();
    EXPECT_TRUE(received.ends_with("\r\n\r\n")) << received;
    EXPECT_EQ(received.find("Content-Length"), std::string::npos) << received;
    EXPECT_EQ(received.find("Transfer-Encoding"), std::string::npos) << received;
    conversation.take_received();
    conversation.send(get("/healthz"));
    EXPECT_EQ(responses_in(conversation.received()).at(0).body, "ok\n") << "the connection goes on";
  }
  EXPECT_EQ(first_answer_to(get("/?status=205")).field("Content-Length"), "0")
      << "RFC 9110 section 15.3.6";
}

TEST(Http1ExchangeTest, AStreamToAnOldClientEndsWithTheConnection) {
  Http1Settings settings;
  const Http1Handler handler(settings);
  Conversation conversation(handler);
  conversation.send("GET /stream-bytes/5?seed=1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(conversation.got_end());
  std::string body(5, '\0');
  Pattern(1).fill(std::as_writable_bytes(std::span(body)), 0);
  const std::string& received = conversation.received();
  EXPECT_TRUE(received.ends_with("Connection: close\r\n\r\n" + body)) << received;
  EXPECT_EQ(received.find("Transfer-Encoding"), std::string::npos);
}

TEST(Http1ExchangeTest, APlaceIsTakenOnceTheBodyIsThere) {
  Http1Settings settings;
  settings.control.waiting_max = 1;
  const Http1Handler handler(settings);
  Conversation slow(handler);
  slow.send("POST /drip?delay=0&duration=1s HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n");
  Conversation other(handler);
  other.server().pass_time(other.clock());
  other.send(get("/delay/1s"));
  EXPECT_TRUE(other.received().starts_with("HTTP/1.1 200 ")) << other.received();
}

TEST(Http1ExchangeTest, InterimResponsesAndTrailers) {
  BufferPool pool{BufferPool::Options{}};
  FakeClock clock;
  Session session{.clock = clock, .buffers = pool};
  auto [server, client] = make_pipe();
  Http1Exchange exchange(*server, session, wire::HttpLimits{});
  std::string received;
  Task<> reading = [](Stream& peer, std::string& all) -> Task<> {
    while (Chunk chunk = co_await peer.receive()) all += chunk.text();
  }(*client, received);
  reading.start();
  Task<> sending = client->send(chunk_of(pool, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  sending.start();
  Task<> answering = [](Http1Exchange& answered, Stream& peer) -> Task<> {
    co_await answered.receive_more();
    EXPECT_EQ(answered.decode_head(), wire::RequestDecoder::Event::kHead);
    answered.begin_request(Duration::zero());
    http::FieldBuffer hints;
    hints.add("Link", "</style.css>; rel=preload; as=style");
    co_await answered.inform(103, hints.list());
    http::FieldBuffer fields;
    fields.add("Trailer", "X-Checksum");
    co_await answered.begin({.status = 200, .fields = fields.list()});
    co_await answered.write(std::string_view("body"));
    http::FieldBuffer trailers;
    trailers.add("X-Checksum", "7");
    co_await answered.end(trailers.list());
    co_await answered.flush();
    co_await peer.finish_sending();
  }(exchange, *server);
  answering.start();
  EXPECT_TRUE(answering.done() && answering.result() && reading.done());
  EXPECT_EQ(received,
            "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload; as=style\r\n\r\n"
            "HTTP/1.1 200 OK\r\nTrailer: X-Checksum\r\nTransfer-Encoding: chunked\r\n\r\n"
            "4\r\nbody\r\n0\r\nX-Checksum: 7\r\n\r\n");
}

}  // namespace
}  // namespace echod
