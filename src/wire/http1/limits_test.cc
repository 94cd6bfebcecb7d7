// Each limit of HttpLimits at N, which is accepted, and at N + 1, which is refused with the limit's
// status as soon as the byte too many is there.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "wire/http1/http1_test_util.h"

namespace echod::wire {
namespace {

constexpr std::string_view kChunkedHead =
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

// Expects `text` to be a whole request under `limits`.
void expect_accepted(const std::string& text, const HttpLimits& limits) {
  const Outcome outcome = decode(text, limits);
  EXPECT_EQ(outcome.error_status, 0) << printable(text);
  ASSERT_EQ(outcome.requests.size(), 1u);
  EXPECT_TRUE(outcome.requests[0].complete);
  expect_same_for_every_split(text, limits);
}

// Expects the last byte of `text`, and none before it, to be refused with `status`.
void expect_refused_at_end(const std::string& text, const HttpLimits& limits, int status) {
  const std::string_view all(text);
  EXPECT_EQ(decode(all.substr(0, all.size() - 1), limits).error_status, 0) << printable(text);
  EXPECT_EQ(decode(all, limits).error_status, status) << printable(text);
  expect_same_for_every_split(text + "more\r\n\r\n", limits);
}

TEST(Http1LimitsTest, RequestLine) {
  const std::string rest = "\r\nHost: h\r\n\r\n";
  const std::string line = "GET /abc HTTP/1.1";
  const HttpLimits limits{.request_line_size_max = line.size()};
  expect_accepted(line + rest, limits);
  expect_accepted("\r\n\r\n" + line + rest, limits);
  expect_refused_at_end("GET /abcd HTTP/1.1", limits, 414);
  expect_refused_at_end("GET /" + std::string(line.size() - 4, 'a'), limits, 414);
  expect_refused_at_end(std::string(line.size() + 1, 'M'), limits, 414);
  expect_refused_at_end("G", {.request_line_size_max = 0}, 414);
  // Without a limit of its own the line may be as long as the head.
  EXPECT_EQ(decode("GET /" + std::string(32768 - 5, 'a')).error_status, 0);
  EXPECT_EQ(decode("GET /" + std::string(32768 - 4, 'a')).error_status, 414);
}

TEST(Http1LimitsTest, Head) {
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\nAb: cd\r\n\r\n";
  const HttpLimits limits{.head_size_max = head.size()};
  expect_accepted(head, limits);
  expect_accepted("\r\n" + head, limits);
  expect_refused_at_end("GET / HTTP/1.1\r\nHost: h\r\nAb: cde\r\n\r\n", limits, 431);
  expect_refused_at_end("GET / HTTP/1.1\r\nHost: h\r\nAb: cdefghi", limits, 431);
  expect_refused_at_end("GET / HTTP/1.1\r\nHost: h\r\nAbcdefghijk", limits, 431);
  expect_refused_at_end("GET / HTTP/1.1\r\nHost: h\r\n" + std::string(11, 'a'), limits, 431);
  // The body does not count, and neither does the head before it.
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n";
  expect_accepted(post + "123456789", {.head_size_max = post.size()});
  EXPECT_EQ(decode(head + head + head, limits).requests.size(), 3u);
  // Smaller than the request line may be, it takes its place; as large as it, no field fits.
  expect_refused_at_end("GET /a", {.head_size_max = 5}, 414);
  expect_refused_at_end("GET / HTTP/1.1\r\nH", {.head_size_max = 14}, 431);
  expect_refused_at_end("GET / HTTP/1.1\r\nH", {.head_size_max = 15}, 431);
  expect_refused_at_end("GET / HTTP/1.1\r\nHo", {.head_size_max = 17}, 431);
}

TEST(Http1LimitsTest, FieldCount) {
  const HttpLimits limits{.field_count_max = 3};
  const std::string three = "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\nA: b\r\n";
  expect_accepted(three + "\r\n", limits);
  expect_refused_at_end(three + "A", limits, 431);
  expect_refused_at_end(three + " ", limits, 400);
  const std::string trailers = std::string(kChunkedHead) + "0\r\nA: b\r\nA: b\r\nA: b\r\n";
  expect_accepted(trailers + "\r\n", limits);
  expect_refused_at_end(trailers + "A", limits, 431);
  expect_refused_at_end("GET / HTTP/1.0\r\nA", {.field_count_max = 0}, 431);
}

TEST(Http1LimitsTest, ChunkLine) {
  const HttpLimits limits{.chunk_line_size_max = 6};
  expect_accepted(std::string(kChunkedHead) + "1;abcd\r\nx\r\n000000\r\n\r\n", limits);
  expect_accepted(std::string(kChunkedHead) + "1;abcd\r\nx\r\n1;abcd\r\nx\r\n0\r\n\r\n", limits);
  expect_refused_at_end(std::string(kChunkedHead) + "1;abcde", limits, 400);
  expect_refused_at_end(std::string(kChunkedHead) + "1;     ", limits, 400);
  expect_refused_at_end(std::string(kChunkedHead) + "0000001", limits, 400);
}

TEST(Http1LimitsTest, Trailers) {
  const HttpLimits limits{.trailer_size_max = 8};
  expect_accepted(std::string(kChunkedHead) + "0\r\nA: b\r\n\r\n", limits);
  expect_refused_at_end(std::string(kChunkedHead) + "0\r\nA: bc\r\n\r\n", limits, 431);
  expect_refused_at_end(std::string(kChunkedHead) + "0\r\nA: bcdefg", limits, 431);
}

TEST(Http1LimitsTest, Body) {
  const HttpLimits limits{.body_size_max = 5};
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ";
  expect_accepted(post + "5\r\n\r\nhello", limits);
  expect_refused_at_end(post + "6\r\n\r\n", limits, 413);
  const std::string chunked(kChunkedHead);
  expect_accepted(chunked + "5\r\nhello\r\n0\r\n\r\n", limits);
  expect_accepted(chunked + "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", limits);
  expect_refused_at_end(chunked + "6\r", limits, 413);
  expect_refused_at_end(chunked + "6;", limits, 413);
  expect_refused_at_end(chunked + "2\r\nhe\r\n4\r", limits, 413);
  expect_accepted(chunked + "0\r\n\r\n", {.body_size_max = 0});
  expect_refused_at_end(chunked + "1\r", {.body_size_max = 0}, 413);
}

TEST(Http1LimitsTest, TheLargestBodyIsNotAnOverflow) {
  const HttpLimits limits{.body_size_max = UINT64_MAX};
  const Outcome sized =
      decode("POST / HTTP/1.0\r\nContent-Length: 18446744073709551615\r\n\r\nabc", limits);
  EXPECT_EQ(sized.requests[0].content_length, UINT64_MAX);
  EXPECT_EQ(sized.requests[0].body, "abc");
  EXPECT_EQ(decode(std::string(kChunkedHead) + "ffffffffffffffff\r\nabc", limits).requests[0].body,
            "abc");
  expect_refused_at_end(std::string(kChunkedHead) + "1\r\na\r\nffffffffffffffff\r", limits, 413);
}

TEST(Http1LimitsTest, AHugeRequestIsDecodedByteByByte) {
  const std::string target = "/" + std::string(8000, 't');
  const std::string type = "text/" + std::string(20000, 'x');
  const std::string text = "POST " + target + " HTTP/1.1\r\nHost: h\r\nContent-Type: " + type +
                           "\r\nContent-Length: 100000\r\n\r\n" + std::string(100000, 'b');
  const Outcome whole = decode(text + text);
  ASSERT_EQ(whole.requests.size(), 2u);
  EXPECT_EQ(whole.requests[1].target, target);
  EXPECT_EQ(whole.requests[1].content_type, type);
  EXPECT_EQ(whole.requests[1].body.size(), 100000u);
  EXPECT_EQ(decode_in_pieces(text + text, 1), whole);
}

}  // namespace
}  // namespace echod::wire
