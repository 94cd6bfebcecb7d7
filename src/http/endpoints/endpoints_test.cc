// The endpoints, and what clients may ask of any response: statuses, bodies, the waits between
// their parts, and what is declined. On an exchange in memory, without a version of HTTP.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/chunk_test_util.h"
#include "base/pattern.h"
#include "http/endpoints/routes.h"
#include "http/memory_exchange_test_util.h"
#include "wire/coding/content_decoder_test_util.h"
#include "wire/http/content_coding.h"

namespace echod::http {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

TestRequest head_of(std::string_view target) {
  return {.method = "HEAD", .target = std::string(target)};
}

class HttpEndpointTest : public testing::Test {
 protected:
  // The response, from a connection that is kept where `kept`.
  TestResponse ask(const TestRequest& request, bool kept = true) {
    server.settings.memory = &memory;
    const Time begin = server.clock.now();
    const size_t slept_before = server.clock.sleeps();
    TestResponse response = server.ask(request);
    EXPECT_EQ(response.closes, !kept) << request;
    slept = server.clock.now() - begin;
    sleeps = server.clock.sleeps() - slept_before;
    sends = response.sends;
    return response;
  }

  static std::string pattern_of(uint64_t seed, size_t size) {
    std::string bytes(size, '\0');
    Pattern(seed).fill(std::as_writable_bytes(std::span(bytes)), 0);
    return bytes;
  }

  MemoryServer server{echo_router()};
  ControlSettings& control = server.settings.control;
  MemoryBudget memory{size_t{64} << 20};
  Duration slept = {};
  size_t sleeps = 0;
  size_t sends = 0;
};

TEST_F(HttpEndpointTest, AStatusWithAnEmptyBody) {
  const TestResponse response = ask(get("/status/503"));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(response.field("Content-Type"), "(none)");
  EXPECT_EQ(ask(post("/status/201", "dropped")).status, 201);
  EXPECT_EQ(ask(get("/status/299")).status, 299);
}

TEST_F(HttpEndpointTest, AStatusDrawnByWeight) {
  control.seed = 5;
  int failed = 0;
  TestResponse last;
  for (int i = 0; i < 300; ++i) {
    last = ask(get("/status/200:3,500:1,404:0"));
    ASSERT_TRUE(last.status == 200 || last.status == 500);
    if (last.status == 500) ++failed;
  }
  EXPECT_NEAR(failed, 75, 38) << "five standard deviations";
  EXPECT_EQ(last.field("X-Echo-Draw"), "300");
  EXPECT_EQ(last.field("X-Echo-Seed"), "5");
}

TEST_F(HttpEndpointTest, AnEchoKeepsChunksAndTrailers) {
  const TestResponse response = ask({.method = "POST",
                                     .framing = BodyFraming::kChunked,
                                     .body = {"Hello", ", world"},
                                     .trailers = {{"X-Checksum", "1"}, {"Set-Cookie", "a=b"}}});
  EXPECT_EQ(response.body, "Hello, world");
  EXPECT_EQ(response.size, std::nullopt);
  EXPECT_EQ(response.chunks, (std::vector<uint64_t>{5, 7}));
  EXPECT_EQ(response.trailers, (TestFields{{"X-Checksum", "1"}}));
}

TEST_F(HttpEndpointTest, AMalformedBodyIsRefusedUntilTheResponseHasBegun) {
  const TestResponse refused =
      ask({.method = "POST", .framing = BodyFraming::kChunked, .malformed = true}, false);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.body, "400 Bad Request\r\nmalformed, at byte 5 of the request\r\n");
  EXPECT_EQ(refused.field("Content-Security-Policy"), "sandbox; default-src 'none'");
  const TestResponse cut = ask(
      {.method = "POST", .framing = BodyFraming::kChunked, .body = {"Hello"}, .malformed = true},
      false);
  EXPECT_EQ(cut.status, 200);
  EXPECT_TRUE(cut.cut);
}

TEST_F(HttpEndpointTest, BytesOfASeed) {
  const TestResponse response = ask(get("/bytes/50000?seed=7"));
  EXPECT_EQ(response.field("Content-Type"), "application/octet-stream");
  EXPECT_EQ(response.size, 50000u);
  EXPECT_TRUE(response.body == pattern_of(7, 50000));
  control.seed = 9;
  EXPECT_TRUE(ask(get("/bytes/100")).body == pattern_of(9, 100));
  EXPECT_EQ(ask(get("/bytes/0")).body, "");
  EXPECT_EQ(ask(head_of("/bytes/10")).size, 10u);
  EXPECT_EQ(ask(get("/bytes/16777217")).status, 400);
  EXPECT_EQ(ask(get("/bytes/x")).status, 400);
  EXPECT_EQ(ask(get("/bytes/1?seed=x")).status, 400);
}

TEST_F(HttpEndpointTest, BytesInChunks) {
  const TestResponse response = ask(get("/stream-bytes/25000?seed=7"));
  EXPECT_EQ(response.chunks, (std::vector<uint64_t>{10240, 10240, 4520}));
  EXPECT_TRUE(response.body == pattern_of(7, 25000));
  EXPECT_EQ(ask(get("/stream-bytes/10?chunk_size=3")).chunks, (std::vector<uint64_t>{3, 3, 3, 1}));
  for (const char* size : {"0", "x", "1048577", ""}) {
    EXPECT_EQ(ask(get("/stream-bytes/10?chunk_size=" + std::string(size))).status, 400) << size;
  }
}

TEST_F(HttpEndpointTest, DripsOverTime) {
  const TestResponse response = ask(get("/drip?numbytes=5&duration=4s&delay=1s&code=202"));
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.body, "*****");
  EXPECT_EQ(slept, 5s);
  EXPECT_EQ(sleeps, 5u);
  EXPECT_EQ(sends, 5u) << "each by itself";
  EXPECT_EQ(ask(get("/drip")).body, "**********");
  EXPECT_NEAR(static_cast<double>(slept.count()), 4e9, 10) << "2 s of delay, and 9 pauses";
  EXPECT_EQ(ask(get("/drip?numbytes=100000&duration=10ms&delay=0")).body.size(), 100000u);
  EXPECT_EQ(ask(get("/drip?numbytes=0&duration=0&delay=0")).body, "");
  for (const char* bad : {"numbytes=x", "duration=11s", "code=99", "delay=x"}) {
    EXPECT_EQ(ask(get("/drip?" + std::string(bad))).status, 400) << bad;
  }
}

TEST_F(HttpEndpointTest, EventsOverTime) {
  const TestResponse response = ask(get("/sse?count=3&duration=2s"));
  EXPECT_EQ(response.field("Content-Type"), "text/event-stream");
  EXPECT_EQ(slept, 2s);
  EXPECT_EQ(sends, 3u);
  EXPECT_TRUE(response.body.starts_with("event: ping\ndata: {\"id\":0,\"timestamp\":"));
  EXPECT_NE(response.body.find("\n\nevent: ping\ndata: {\"id\":2,\"timestamp\":"),
            std::string::npos);
  EXPECT_TRUE(response.body.ends_with("}\n\n"));
  EXPECT_EQ(ask(get("/sse?count=0")).body, "");
  for (const char* bad : {"count=x", "count=-1", "count=10001", "duration=1d"}) {
    EXPECT_EQ(ask(get("/sse?" + std::string(bad))).status, 400) << bad;
  }
}

TEST_F(HttpEndpointTest, EventsOnAnyPathBeginWithTheRequest) {
  const TestResponse response = ask(get("/a/b.sse?count=1"));
  EXPECT_TRUE(response.body.starts_with("event: request\ndata: {\ndata:   \"method\": \"GET\",\n"));
  const size_t end = response.body.find("data: }\n\nevent: ping\n");
  ASSERT_NE(end, std::string::npos);
  std::string document = response.body.substr(15, end + 7 - 15);
  for (size_t at = 0; (at = document.find("data: ", at)) != std::string::npos;)
    document.erase(at, 6);
  EXPECT_EQ(Json::parse(document)["target"], "/a/b.sse?count=1");
}

TEST_F(HttpEndpointTest, AnythingInHttpbinsShape) {
  const TestResponse response = ask(post(
      "/anything/x?a=1&a=2&b=%20", "k=v&k=w",
      {{"x-MANY", "1"}, {"X-Many", "2"}, {"Content-Type", "application/x-www-form-urlencoded"}}));
  EXPECT_EQ(response.field("Content-Type"), "application/json; charset=utf-8");
  const Json document = Json::parse(response.body);
  EXPECT_EQ(document["args"], Json::parse(R"({"a": ["1", "2"], "b": [" "]})"));
  EXPECT_EQ(document["headers"]["X-Many"], Json::parse(R"(["1", "2"])"));
  EXPECT_EQ(document["headers"]["Host"], Json::parse(R"(["h:1"])"));
  EXPECT_EQ(document["method"], "POST");
  EXPECT_EQ(document["url"], "http://h:1/anything/x?a=1&a=2&b=%20");
  EXPECT_EQ(document["data"], "k=v&k=w");
  EXPECT_EQ(document["form"], Json::parse(R"({"k": ["v", "w"]})"));
  EXPECT_EQ(document["json"], nullptr);
}

TEST_F(HttpEndpointTest, AnythingsBodyByItsType) {
  const auto document_of = [this](std::string_view body, std::string_view type) {
    TestFields fields;
    if (!type.empty()) fields.emplace_back("Content-Type", type);
    return Json::parse(ask(post("/anything", body, fields)).body);
  };
  EXPECT_EQ(document_of(R"({"a": [1]})", "application/json")["json"], Json::parse(R"({"a": [1]})"));
  EXPECT_EQ(document_of("{broken", "application/json")["json"], nullptr);
  EXPECT_EQ(document_of(std::string(200, '['), "application/json")["json"], nullptr);
  EXPECT_EQ(document_of("plain", "text/plain")["data"], "plain");
  EXPECT_EQ(document_of("\xff\xfe", "text/plain")["data"], "\u00ff\u00fe");
  EXPECT_EQ(document_of("\xfb\xff\xfe", "image/png")["data"], "data:image/png;base64,-__-");
  EXPECT_EQ(document_of("a", "")["data"], "data:application/octet-stream;base64,YQ==");
  const Json form = document_of(
      "--B\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\nv\r\n"
      "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n\"\r\n\r\nfile\r\n--B--\r\n",
      "multipart/form-data; boundary=B");
  EXPECT_EQ(form["form"], Json::parse(R"({"t": ["v"]})"));
  EXPECT_EQ(form["files"], Json::parse(R"({"f": ["file"]})"));
}

TEST_F(HttpEndpointTest, AnythingRefusesALargeBody) {
  EXPECT_EQ(
      ask(post("/anything", std::string(256 << 10, 'x'), {{"Content-Type", "text/a"}})).status,
      200);
  const TestResponse response = ask(post("/anything", std::string((256 << 10) + 1, 'x')));
  EXPECT_EQ(response.status, 413);
  EXPECT_TRUE(response.body.starts_with("/anything shows bodies of up to 262144 bytes"));
}

TEST_F(HttpEndpointTest, ADelayedAnything) {
  EXPECT_EQ(Json::parse(ask(get("/delay/1.5")).body)["url"], "http://h:1/delay/1.5");
  EXPECT_EQ(slept, 1500ms);
  ask(get("/delay/20ms?delay=1s"));
  EXPECT_EQ(slept, 1020ms);
  EXPECT_EQ(ask(get("/delay/11")).status, 400);
  EXPECT_EQ(slept, 0s);
}

TEST_F(HttpEndpointTest, FieldsAddressAndHealth) {
  EXPECT_EQ(Json::parse(ask(get("/headers")).body), Json::parse(R"({"headers":{"Host":["h:1"]}})"));
  EXPECT_EQ(Json::parse(ask(get("/ip")).body), Json::parse(R"({"origin": ""})")) << "a pipe";
  EXPECT_EQ(Json::parse(ask(get("/env")).body), Json::parse(R"({"env":{}})"));
  EXPECT_EQ(ask(get("/healthz")).body, "ok\n");
}

TEST_F(HttpEndpointTest, RedirectsToItselfAndToWhomItMay) {
  const auto target_of = [this](std::string_view url) {
    const TestResponse response = ask(get("/redirect-to?url=" + std::string(url)));
    return std::to_string(response.status) + " " + response.field("Location");
  };
  EXPECT_EQ(target_of("/x%3Fa=b"), "302 /x?a=b");
  control.redirect_hosts = {"example.com", "a.test:81"};
  EXPECT_EQ(target_of("https://example.com/a"), "302 https://example.com/a");
  EXPECT_EQ(target_of("HTTP://EXAMPLE.com:8080"), "302 HTTP://EXAMPLE.com:8080");
  EXPECT_EQ(target_of("http://a.test:81/"), "302 http://a.test:81/");
  for (const char* bad :
       {"", "//evil.test/", "/%5Cevil.test", "http://evil.test", "http://a.test:82/",
        "http://example.com@evil.test/", "http://evil.test/example.com", "javascript:alert(1)",
        "http://example.com.evil.test/", "ftp://example.com/", "/a%0d%0aX:y", "/%00", "x",
        "http://example.com%5C@evil.test/", "/%C3%A4"}) {
    EXPECT_EQ(target_of(bad), "403 (none)") << bad;
  }
  EXPECT_EQ(ask(get("/redirect-to?url=/&status_code=308")).status, 308);
  EXPECT_EQ(ask(get("/redirect-to?url=/&status_code=200")).status, 400);
}

TEST_F(HttpEndpointTest, AnEchoWithAnotherStatusAndMoreFields) {
  const TestResponse response =
      ask(post("/?status=503&header=X-Test-A:b&header=Content-Type:text/plain", "body"));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "body");
  EXPECT_EQ(response.field("X-Test-A"), "b");
  EXPECT_EQ(response.field("Content-Type"), "text/plain");
  EXPECT_EQ(response.field("Content-Security-Policy"), "sandbox; default-src 'none'");
}

TEST_F(HttpEndpointTest, ABodyOfAnotherSize) {
  control.seed = 3;
  EXPECT_TRUE(ask(post("/?size=100000", "body")).body == pattern_of(3, 100000));
  EXPECT_TRUE(ask(get("/", {{"X-Echo-Size", "5"}})).body == pattern_of(3, 5));
}

TEST_F(HttpEndpointTest, ADelayBeforeTheAnswer) {
  EXPECT_EQ(ask(post("/?delay=2s", "body")).body, "body");
  EXPECT_EQ(slept, 2s);
}

TEST_F(HttpEndpointTest, TheConnectionsEndAfterTheAnswer) {
  const TestResponse response = ask(post("/?close=true", "body"), false);
  EXPECT_EQ(response.body, "body");
}

std::string gunzipped(const TestResponse& response) {
  EXPECT_EQ(response.field("Content-Encoding"), "gzip");
  EXPECT_EQ(response.field("Vary"), "Accept-Encoding");
  return wire::decoded_content(wire::ContentCoding::kGzip, response.body).value_or("(broken)");
}

TEST_F(HttpEndpointTest, AnEchoCompressed) {
  const std::string body = echod::pattern_of(100'000);
  const TestResponse response = ask(post("/?gzip=true", body, {{"Accept-Encoding", "gzip"}}));
  EXPECT_EQ(response.size, std::nullopt);
  EXPECT_TRUE(gunzipped(response) == body);
  const TestResponse plain = ask(post("/?gzip=true", body));
  EXPECT_EQ(plain.field("Content-Encoding"), "(none)") << "the client does not take it";
  EXPECT_TRUE(plain.body == body);
  EXPECT_EQ(ask(post("/?gzip=false", "b", {{"Accept-Encoding", "gzip"}})).body, "b");
  EXPECT_TRUE(gunzipped(ask(get("/bytes/5000?seed=2&gzip=true", {{"Accept-Encoding", "gzip"}}))) ==
              pattern_of(2, 5000));
}

TEST_F(HttpEndpointTest, NoArgumentCompressesWhatHasCredentials) {
  for (const char* field :
       {"Cookie", "Authorization", "Proxy-Authorization", "X-Api-Key", "X-Auth-Token"}) {
    const TestFields fields = {{"Accept-Encoding", "gzip"}, {field, "a=b"}};
    EXPECT_EQ(ask(post("/?gzip=true", "body", fields)).field("Content-Encoding"), "(none)")
        << field;
    EXPECT_EQ(ask(get("/bytes/5000?gzip=true", fields)).field("Content-Encoding"), "(none)");
  }
}

// A response that depends on more than the method and the URL must not be cached.
TEST_F(HttpEndpointTest, CachesKeepOnlyWhatTheUrlDecides) {
  for (const TestRequest& request : std::vector<TestRequest>{
           get("/"),
           get("/a"),
           get("/headers"),
           get("/ip"),
           get("/raw"),
           get("/reflect"),
           get("/anything"),
           get("/healthz"),
           get("/sse?count=1"),
           get("/x.sse?count=1"),
           get("/drip?numbytes=1&duration=1ms"),
           post("/a", "body"),
           post("/?gzip=true", "body", {{"Accept-Encoding", "gzip"}}),
           get("/?status=503"),
           get("/?status=999"),
           get("/status/abc"),
           get("/bytes/x"),
           get("/status/200:1,503:1"),
           get("/bytes/5?status=200:50,503:50"),
           get("/bytes/5", {{"X-Echo-Status", "201"}}),
           get("/redirect-to?url=//h"),
       }) {
    EXPECT_EQ(ask(request).field("Cache-Control"), "no-store") << request;
  }
  for (const std::string_view target : {"/bytes/5", "/stream-bytes/5", "/status/404",
                                        "/redirect-to?url=/a", "/bytes/5?status=404"}) {
    EXPECT_EQ(ask(get(target)).field("Cache-Control"), "(none)") << target;
  }
}

TEST_F(HttpEndpointTest, WithoutMemoryToSpareLittleIsStillAnswered) {
  memory.take(memory.size_max());
  EXPECT_EQ(ask(post("/anything", std::string(16'000, 'a'))).status, 200);
  const TestResponse refused = ask(post("/anything", std::string(17'000, 'a')));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.field("Retry-After"), "1");
  EXPECT_EQ(refused.body, "memory limit reached (--max-memory)\n");
  const TestFields fields = {{"X-Long", std::string(20'000, 'x')}, {"Accept-Encoding", "br"}};
  EXPECT_EQ(ask(get("/headers", fields)).field("Content-Encoding"), "(none)");
  const std::string body = echod::pattern_of(100'000);
  const TestResponse plain = ask(post("/?gzip=true", body, {{"Accept-Encoding", "gzip"}}));
  EXPECT_EQ(plain.field("Content-Encoding"), "(none)");
  EXPECT_TRUE(plain.body == body);
  EXPECT_EQ(memory.used(), memory.size_max()) << "nothing was taken, or given back, wrongly";
}

TEST_F(HttpEndpointTest, CompressedEventsAreNotHeldBack) {
  const TestResponse response =
      ask(get("/sse?count=3&duration=2s&gzip=true", {{"Accept-Encoding", "gzip"}}));
  EXPECT_EQ(sends, 3u);
  EXPECT_TRUE(gunzipped(response).ends_with("}\n\n"));
}

TEST_F(HttpEndpointTest, DocumentsInTheCodingTheClientPrefers) {
  const auto coding_of = [this](std::string_view target, const std::string& accepted,
                                const char* credential = "X-Other") {
    const TestResponse response = ask(get(
        target,
        {{"X-Long", std::string(300, 'x')}, {"Accept-Encoding", accepted}, {credential, "a=b"}}));
    EXPECT_EQ(response.field("Cache-Control"), "no-store");
    const std::string name = response.field("Content-Encoding");
    const auto coding = wire::coding_named(name == "(none)" ? "identity" : name);
    const auto body = coding ? wire::decoded_content(*coding, response.body) : std::nullopt;
    EXPECT_TRUE(body && Json::accept(*body)) << target << " as " << name;
    return name;
  };
  EXPECT_EQ(coding_of("/any", "gzip, deflate, br, zstd"), "zstd");
  EXPECT_EQ(coding_of("/any", "gzip, deflate, br"), "br");
  EXPECT_EQ(coding_of("/headers", "gzip;q=0.9, deflate"), "deflate");
  EXPECT_EQ(coding_of("/anything", "gzip"), "gzip");
  EXPECT_EQ(coding_of("/headers", "unknown"), "(none)");
  EXPECT_EQ(coding_of("/ip", "gzip"), "(none)") << "it is small";
  EXPECT_EQ(coding_of("/headers", "gzip", "Cookie"), "(none)") << "its size would tell";
  EXPECT_EQ(coding_of("/headers", "gzip", "authorization"), "(none)");
  EXPECT_EQ(coding_of("/headers?gzip=true", "gzip", "X-Api-Key"), "(none)");
  EXPECT_EQ(coding_of("/headers", "gzip", "Proxy-Authorization"), "(none)");
  EXPECT_EQ(ask(get("/healthz", {{"Accept-Encoding", "gzip"}})).field("Content-Encoding"), "(none)")
      << "no document";
}

TEST_F(HttpEndpointTest, ControlsCanBeOff) {
  control.enabled = false;
  const TestResponse response = ask(post("/?status=abc&delay=1s&close=true", "body"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(slept, 0s);
  EXPECT_EQ(ask(get("/status/404")).status, 404) << "paths keep their meaning";
}

TEST_F(HttpEndpointTest, ADeclinedRequestKeepsTheConnectionWhereItHasNoBody) {
  const TestResponse response = ask(get("/?status=abc"));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, "status: expected a status from 200 to 599\n");
  const TestResponse with_body = ask(post("/?status=abc", "body"), false);
  EXPECT_EQ(with_body.status, 400);
}

TEST_F(HttpEndpointTest, ADeclinedRequestMayStillAskForTheEnd) {
  EXPECT_EQ(ask(get("/bytes/x?close=true"), false).status, 400);
}

TEST_F(HttpEndpointTest, OneAnswerTooManyThatWaits) {
  control.waiting_max = 0;
  for (const char* target : {"/?delay=1ms", "/delay/1ms", "/drip", "/sse", "/x.sse"}) {
    const TestResponse response = ask(get(target));
    EXPECT_EQ(response.status, 503) << target;
    EXPECT_EQ(response.field("Retry-After"), "1");
    EXPECT_EQ(slept, 0s);
  }
  EXPECT_EQ(ask(get("/?delay=0")).status, 200);
}

TEST_F(HttpEndpointTest, PathsThatOnlyLookLikeEndpointsAreReflected) {
  for (const char* target : {"/status", "/status/", "/bytes/", "/ipx", "/IP", "/sse/x", "/raw/"}) {
    const TestResponse response = ask(get(target));
    EXPECT_EQ(response.status, 200) << target;
    EXPECT_EQ(Json::parse(response.body)["target"], target);
  }
}

}  // namespace
}  // namespace echod::http
