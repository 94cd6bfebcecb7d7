// Requests that must be accepted, what a handler is told of them, the limits at N and N + 1, and
// that nothing depends on how the bytes were cut. What must be refused is in http1_malformed_test.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "wire/http/syntax.h"
#include "wire/http1/http1_test_util.h"

namespace echod::wire {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kChunkedPost =
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

struct Valid {
  std::string text;
  Decoded expected;
};

// A GET with the given fields after its Host field.
std::string get(std::string_view fields) {
  return "GET / HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
}

Decoded get_decoded(bool keep_alive = true, std::string_view content_type = "") {
  return {.method = "GET",
          .target = "/",
          .content_type = std::string(content_type),
          .keep_alive = keep_alive};
}

Decoded chunked_decoded(std::string_view body) {
  return {
      .method = "POST", .target = "/", .framing = BodyFraming::kChunked, .body = std::string(body)};
}

std::vector<Valid> valid_targets() {
  std::vector<Valid> table;
  const auto add = [&](std::string_view method, std::string_view target) {
    table.push_back(
        {std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n",
         {.method = std::string(method), .target = std::string(target)}});
  };
  for (const auto target :
       {"/", "//", "/a?b=c&d", "/%00%0d%0a", "/!$&'()*+,;=:@-._~", "/\"<>\\^`{|}", "/?", "http://h",
        "http://h/", "http://h?q", "HTTP://h:80/x", "https://[::1]:443/", "a+b-c.d9://h/",
        "http://h:/", "http://a_b~c/"}) {
    add("GET", target);
  }
  add("OPTIONS", "*");
  add("CONNECT", "h:80");
  add("CONNECT", "127.0.0.1:65535");
  add("CONNECT", "[::1]:80");
  for (const auto method : {"get", "X", "!#$%&'*+-.^_`|~09azAZ", "QUERY", "OPTIONS"}) {
    add(method, "/");
  }
  return table;
}

std::vector<Valid> valid_fields() {
  std::vector<Valid> table;
  table.push_back({"\r\n\r\n\r\n\r\n" + get(""), get_decoded()});
  for (const auto version : {"HTTP/1.1", "HTTP/1.2", "HTTP/1.9"}) {
    table.push_back({"GET / " + std::string(version) + "\r\nHost: h\r\n\r\n", get_decoded()});
  }
  for (const auto host : {"h", "h:80", "h:0", "h:65535", "h:", "a.b-c_d~e:1", "127.0.0.1", "[::1]",
                          "[::1]:80", "[::ffff:1.2.3.4]:", " \t h \t "}) {
    table.push_back({"GET / HTTP/1.1\r\nhOST:" + std::string(host) + "\r\n\r\n", get_decoded()});
  }
  for (const auto fields :
       {"A:\r\n", "A: \r\n", "A: b c\td\r\n", "A: \x80\xff\r\n", "!#$%&'*+-.^_`|~09: x\r\n",
        "Content_Length: 5\r\n", "Transfer_Encoding: chunked\r\n", "X-Content-Length: 5\r\n",
        "Connection: foo, bar\r\n", "Connection:\r\n", "Connection: keep-alive\r\n",
        "Connection: ,close-not\r\n", "Expect: 100-continue\r\n"}) {
    table.push_back({get(fields), get_decoded()});
  }
  for (const auto fields : {"Connection: close\r\n", "connection: Keep-Alive , CLOSE\r\n",
                            "Connection: ,,close,\r\n", "Connection: a\r\nConnection: close\r\n",
                            "Connection: close\r\nConnection: keep-alive\r\n"}) {
    table.push_back({get(fields), get_decoded(false)});
  }
  table.push_back({get("Content-Type: text/plain\r\n"), get_decoded(true, "text/plain")});
  table.push_back(
      {get("Content-Type: a/b\r\ncontent-type:\t c/d;e=f \r\n"), get_decoded(true, "c/d;e=f")});
  return table;
}

std::vector<Valid> valid_http10() {
  const auto expected = [](bool keep_alive, BodyFraming framing = BodyFraming::kNone,
                           std::string_view body = "") {
    return Decoded{.method = "GET",
                   .target = "/",
                   .version = HttpVersion::kHttp10,
                   .framing = framing,
                   .content_length = body.size(),
                   .keep_alive = keep_alive,
                   .body = std::string(body)};
  };
  const std::string line = "GET / HTTP/1.0\r\n";
  return {
      {line + "\r\n", expected(false)},
      {line + "Host: h\r\n\r\n", expected(false)},
      {line + "Connection: keep-alive\r\n\r\n", expected(true)},
      {line + "Connection: x, KEEP-ALIVE\r\n\r\n", expected(true)},
      {line + "Connection: keep-alive, close\r\n\r\n", expected(false)},
      {line + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
       expected(false, BodyFraming::kContentLength, "hi")},
      {line + "Expect: nonsense\r\n\r\n", expected(false)},
  };
}

std::vector<Valid> valid_bodies() {
  const auto sized = [](std::string_view body, bool expects_continue = false) {
    return Decoded{.method = "POST",
                   .target = "/",
                   .framing = BodyFraming::kContentLength,
                   .content_length = body.size(),
                   .expects_continue = expects_continue,
                   .body = std::string(body)};
  };
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  const std::string chunked(kChunkedPost);
  Decoded chunked_continue = chunked_decoded("a");
  chunked_continue.expects_continue = true;
  return {
      {post + "\r\n", {.method = "POST", .target = "/"}},
      {post + "Content-Length: 0\r\n\r\n", sized("")},
      {post + "Content-Length: 0\r\nExpect: 100-continue\r\n\r\n", sized("")},
      {post + "Content-Length:\t 5 \r\n\r\nhello", sized("hello")},
      {post + "Content-Length: 4\r\n\r\n\r\n\r\n", sized("\r\n\r\n")},
      {post + "Content-Length: 12\r\n\r\n" + std::string("\0\x01\xff\r\n 0\r\n\r\n!"sv),
       sized("\0\x01\xff\r\n 0\r\n\r\n!"sv)},
      {post + "expect: 100-Continue\r\nContent-Length: 1\r\n\r\na", sized("a", true)},
      {chunked + "0\r\n\r\n", chunked_decoded("")},
      {chunked + "0000000000000000\r\n\r\n", chunked_decoded("")},
      {chunked + "5\r\nhello\r\n0\r\n\r\n", chunked_decoded("hello")},
      {chunked + "0000000000000005\r\nhello\r\n00\r\n\r\n", chunked_decoded("hello")},
      {chunked + "a\r\n0123456789\r\nA\r\nabcdefghij\r\n0\r\n\r\n",
       chunked_decoded("0123456789abcdefghij")},
      {chunked + "1\r\n\r\r\n2\r\n\r\n\r\n1\r\n\n\r\n0\r\n\r\n", chunked_decoded("\r\r\n\n")},
      {chunked + "5;a\r\nhello\r\n0;b\r\n\r\n", chunked_decoded("hello")},
      {chunked + "5;a=b;c=\"d e;\t\x80\"\r\nhello\r\n0; \tb\r\n\r\n", chunked_decoded("hello")},
      {chunked + "1\r\na\r\n0\r\nA: b\r\nDigest:\r\n\r\n", chunked_decoded("a")},
      {post + "TRANSFER-ENCODING: \t cHuNkEd \r\n\r\n1\r\na\r\n0\r\n\r\n", chunked_decoded("a")},
      {post + "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n1\r\na\r\n0\r\n\r\n",
       chunked_continue},
  };
}

std::vector<Valid> all_valid() {
  std::vector<Valid> all;
  for (auto&& table : {valid_targets(), valid_fields(), valid_http10(), valid_bodies()}) {
    all.insert(all.end(), table.begin(), table.end());
  }
  return all;
}

TEST(Http1RequestTest, DecodesValidRequestsTheSameForEverySplit) {
  for (const Valid& row : all_valid()) {
    SCOPED_TRACE(printable(row.text));
    EXPECT_EQ(decode(row.text), (Outcome{.requests = {row.expected}}));
    expect_same_for_every_split(row.text);
  }
}

TEST(Http1RequestTest, DecodesPipelinedRequestsInOrder) {
  std::string text;
  Outcome expected;
  for (const Valid& row : all_valid()) {
    text += row.text;
    expected.requests.push_back(row.expected);
  }
  EXPECT_EQ(decode(text), expected);
  for (const size_t piece_size : {1u, 3u, 64u, 1000u}) {
    EXPECT_EQ(decode_in_pieces(text, piece_size), expected) << piece_size;
  }
}

TEST(Http1RequestTest, ARefusedRequestDoesNotUndoThoseBeforeIt) {
  const std::string text = get("") + get("A : b\r\n") + get("");
  const Outcome outcome = decode(text);
  EXPECT_EQ(outcome.requests, std::vector{get_decoded()});
  EXPECT_EQ(outcome.error_status, 400);
  expect_same_for_every_split(text);
}

TEST(Http1RequestTest, AFewEmptyLinesMayComeBeforeEachRequest) {
  const std::string four = "\r\n\r\n\r\n\r\n";
  EXPECT_EQ(decode(four + get("") + four + get("") + four).requests.size(), 2u);
  EXPECT_EQ(decode(four + "\r\n" + get("")).error_status, 400);
  EXPECT_EQ(decode(get("") + four + "\r\n" + get("")).error_status, 400);
}

TEST(Http1RequestTest, MutatedRequestsGiveTheSameForEverySplit) {
  constexpr std::string_view kBytes = "\r\n\t :;,/*#0159afFxX_+-.\"\\\x80\x7f\0"sv;
  const std::vector<Valid> samples = all_valid();
  std::mt19937 random(20260101);  // NOLINT(cert-msc32-c,cert-msc51-cpp): a failure must repeat
  const auto below = [&](size_t bound) { return static_cast<size_t>(random() % bound); };
  for (int round = 0; round < 3000; ++round) {
    std::string text = samples[below(samples.size())].text + samples[below(samples.size())].text;
    for (size_t changes = 1 + below(3); changes > 0; --changes) {
      const size_t at = below(text.size());
      const char byte = kBytes[below(kBytes.size())];
      switch (below(3)) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        default:
          text.erase(at, 1 + below(4));
      }
    }
    const Outcome whole = decode(text);
    for (const size_t piece_size : {size_t{1}, 1 + below(40)}) {
      ASSERT_EQ(decode_in_pieces(text, piece_size), whole) << printable(text);
    }
  }
}

TEST(Http1RequestTest, InRequestFromTheFirstByteOfTheLineToTheEnd) {
  Feeder feeder;
  EXPECT_FALSE(feeder.decoder().in_request());
  feeder.feed("\r\n\r");
  EXPECT_FALSE(feeder.decoder().in_request());
  feeder.feed("\nP");
  EXPECT_TRUE(feeder.decoder().in_request());
  feeder.feed("OST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n");
  EXPECT_TRUE(feeder.decoder().in_request());
  feeder.feed("a");
  EXPECT_FALSE(feeder.decoder().in_request());
  feeder.feed(std::string(kChunkedPost) + "1\r\na\r\n0\r\n\r");
  EXPECT_TRUE(feeder.decoder().in_request());
  feeder.feed("\n");
  EXPECT_FALSE(feeder.decoder().in_request());
  feeder.feed("(");
  EXPECT_TRUE(feeder.decoder().in_request());
}

TEST(Http1RequestTest, BodyIsAPartOfTheInputAndLeavesTheRest) {
  const std::string text = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET";
  RequestDecoder decoder{HttpLimits{}};
  std::span<const std::byte> input = std::as_bytes(std::span(text));
  ASSERT_EQ(decoder.next(input), RequestDecoder::Event::kHead);
  ASSERT_EQ(decoder.next(input), RequestDecoder::Event::kBody);
  EXPECT_EQ(decoder.body().data(), std::as_bytes(std::span(text)).data() + text.size() - 6);
  EXPECT_EQ(decoder.body().size(), 3u);
  ASSERT_EQ(decoder.next(input), RequestDecoder::Event::kEnd);
  EXPECT_EQ(input.size(), 3u);
}

TEST(Http1RequestDeathTest, NextWithoutResetIsACallersMistake) {
  const std::string text = get("");
  RequestDecoder decoder{HttpLimits{}};
  std::span<const std::byte> input = std::as_bytes(std::span(text));
  EXPECT_DEATH(decoder.reset(), "check failed");
  EXPECT_DEATH(decoder.head(), "check failed");
  ASSERT_EQ(decoder.next(input), RequestDecoder::Event::kHead);
  EXPECT_DEATH(decoder.body(), "check failed");
  ASSERT_EQ(decoder.next(input), RequestDecoder::Event::kEnd);
  EXPECT_DEATH(decoder.next(input), "check failed");
}

TEST(Http1SyntaxTest, ClassesOfAllBytes) {
  for (int i = 0; i < 256; ++i) {
    const auto byte = static_cast<unsigned char>(i);
    const bool digit = i >= '0' && i <= '9';
    const bool letter = (i >= 'a' && i <= 'z') || (i >= 'A' && i <= 'Z');
    const bool visible = i >= 0x21 && i <= 0x7e;
    const bool delimiter = visible && "\"(),/:;<=>?@[\\]{}"sv.contains(static_cast<char>(i));
    EXPECT_EQ(in_class(byte, CharClass::kToken), visible && !delimiter) << i;
    EXPECT_EQ(in_class(byte, CharClass::kTarget), visible || i >= 0x80) << i;
    EXPECT_EQ(in_class(byte, CharClass::kValue), visible || i == ' ' || i == '\t' || i >= 128) << i;
    EXPECT_EQ(in_class(byte, CharClass::kHost),
              digit || letter || i == '-' || i == '.' || i == '_' || i == '~')
        << i;
  }
}

TEST(Http1SyntaxTest, OnlyAsciiLettersHaveACase) {
  EXPECT_TRUE(equals_ignoring_case("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
  EXPECT_TRUE(equals_ignoring_case("", ""));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("@[`{", "`{@["));
  EXPECT_FALSE(equals_ignoring_case("\xe9", "\xc9"));
}

TEST(Http1SyntaxTest, DecimalsUpToTheLargest) {
  EXPECT_EQ(parse_decimal("0"), 0u);
  EXPECT_EQ(parse_decimal("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parse_decimal("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_decimal("01"), std::nullopt);
  EXPECT_EQ(parse_decimal(""), std::nullopt);
}

}  // namespace
}  // namespace echod::wire
