// What the server writes, byte for byte.
#include "wire/http1/response.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <string_view>

#include "wire/http/field_list.h"
#include "wire/http1/chunked.h"

namespace echod::wire {
namespace {

using namespace std::string_view_literals;

std::string status_line(int status) {
  std::string out = "x";
  append_status_line(out, status);
  return out.substr(1);
}

std::string chunk_size(uint64_t size) {
  std::string out = "x";
  append_chunk_size(out, size);
  return out.substr(1);
}

TEST(Http1ResponseTest, StatusLinesHaveTheStandardPhrase) {
  EXPECT_EQ(status_line(200), "HTTP/1.1 200 OK\r\n");
  EXPECT_EQ(status_line(100), "HTTP/1.1 100 Continue\r\n");
  EXPECT_EQ(status_line(400), "HTTP/1.1 400 Bad Request\r\n");
  EXPECT_EQ(status_line(405), "HTTP/1.1 405 Method Not Allowed\r\n");
  EXPECT_EQ(status_line(408), "HTTP/1.1 408 Request Timeout\r\n");
  EXPECT_EQ(status_line(413), "HTTP/1.1 413 Content Too Large\r\n");
  EXPECT_EQ(status_line(414), "HTTP/1.1 414 URI Too Long\r\n");
  EXPECT_EQ(status_line(417), "HTTP/1.1 417 Expectation Failed\r\n");
  EXPECT_EQ(status_line(431), "HTTP/1.1 431 Request Header Fields Too Large\r\n");
  EXPECT_EQ(status_line(501), "HTTP/1.1 501 Not Implemented\r\n");
  EXPECT_EQ(status_line(503), "HTTP/1.1 503 Service Unavailable\r\n");
  EXPECT_EQ(status_line(505), "HTTP/1.1 505 HTTP Version Not Supported\r\n");
  EXPECT_EQ(status_line(599), "HTTP/1.1 599 \r\n");
}

TEST(Http1ResponseDeathTest, StatusesHaveThreeDigits) {
  std::string out;
  EXPECT_DEATH(append_status_line(out, 99), "check failed");
  EXPECT_DEATH(append_status_line(out, 600), "check failed");
}

TEST(Http1ResponseTest, FieldsAreNameColonSpaceValue) {
  std::string out;
  append_field(out, "A", "b");
  append_field(out, "X-Empty", "");
  append_field(out, "C", "d e\tf\xff");
  EXPECT_EQ(out, "A: b\r\nX-Empty: \r\nC: d e\tf\xff\r\n");
}

TEST(Http1ResponseDeathTest, FieldsCannotSplitTheResponse) {
  std::string out;
  for (const auto name : {""sv, "A B"sv, "A:"sv, "A\r\nB"sv, "\xff"sv}) {
    EXPECT_DEATH(append_field(out, name, "x"), "check failed") << name;
  }
  for (const auto value :
       {"\r\n"sv, "a\r\nB: c"sv, "a\nb"sv, "a\rb"sv, "\0"sv, "a\x7f"sv, " a"sv, "a "sv, "\ta"sv}) {
    EXPECT_DEATH(append_field(out, "A", value), "check failed") << value;
  }
}

TEST(Http1ResponseTest, ChunkSizesAreHexadecimal) {
  EXPECT_EQ(chunk_size(1), "1\r\n");
  EXPECT_EQ(chunk_size(15), "f\r\n");
  EXPECT_EQ(chunk_size(16), "10\r\n");
  EXPECT_EQ(chunk_size(31), "1f\r\n");
  EXPECT_EQ(chunk_size(65536), "10000\r\n");
  EXPECT_EQ(chunk_size(UINT64_MAX), "ffffffffffffffff\r\n");
}

TEST(Http1ResponseDeathTest, AChunkOfNothingWouldEndTheBody) {
  std::string out;
  EXPECT_DEATH(append_chunk_size(out, 0), "check failed");
}

TEST(Http1ResponseTest, WrittenChunksDecodeToTheSameBytes) {
  std::string encoded;
  std::string expected;
  for (size_t size = 1; size < 40; ++size) {
    append_chunk_size(encoded, size);
    encoded.append(size, 'a').append("\r\n");
    expected.append(size, 'a');
  }
  encoded += kChunkedEnd;

  ChunkedDecoder decoder;
  decoder.start(16, UINT64_MAX);
  std::span<const std::byte> input = std::as_bytes(std::span(encoded));
  std::string decoded;
  for (ChunkedDecoder::Event event = decoder.next(input);
       event != ChunkedDecoder::Event::kLastChunk; event = decoder.next(input)) {
    if (event == ChunkedDecoder::Event::kChunk) continue;
    ASSERT_EQ(event, ChunkedDecoder::Event::kData);
    decoded.append(reinterpret_cast<const char*>(decoder.data().data()), decoder.data().size());
  }
  EXPECT_EQ(decoded, expected);
  EXPECT_EQ(input.size(), 2u);  // the empty trailer section
}

}  // namespace
}  // namespace echod::wire
