// What is kept of a request as it came, and how it is taken apart.
#include "wire/http/field_list.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/http1/http1_test_util.h"

namespace echod::wire {
namespace {

constexpr std::string_view kHead =
    "GET /a?b=c HTTP/1.1\r\n"
    "hOsT: localhost\r\n"
    "X-Twice: 1\r\n"
    "x-twice:\t 2  \r\n"
    "X-Empty:\r\n"
    "X-Colon: a:b\r\n"
    "Connection: keep-alive , Upgrade\r\n"
    "Connection: x\r\n"
    "\r\n";

// What was recorded of all requests in `bytes`, the same for every split.
std::vector<Recorded> recorded_of(std::string_view bytes) {
  expect_same_for_every_split(bytes);
  Feeder feeder;
  feeder.feed(bytes);
  return feeder.recorded();
}

TEST(Http1HeadTest, HeadsAreKeptAsTheyCame) {
  const std::string other = "POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\n";
  const std::vector<Recorded> recorded =
      recorded_of("\r\n\r\n" + std::string(kHead) + other + "ab\r\n" + other + "cd");
  ASSERT_EQ(recorded.size(), 3u);
  EXPECT_EQ(recorded[0].head, kHead);
  EXPECT_EQ(recorded[0].trailers, "");
  EXPECT_TRUE(recorded[0].chunks.empty());
  EXPECT_EQ(recorded[1].head, other);
  EXPECT_EQ(recorded[2].head, other);
}

TEST(Http1HeadTest, ChunkSizesAndTrailersAreKept) {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::vector<Recorded> recorded = recorded_of(
      head + "5;x=y\r\nHello\r\n00A\r\n0123456789\r\n1\r\n!\r\n0\r\nX-A:  1 \r\nx-a:2\r\n\r\n" +
      head + "0\r\n\r\n");
  ASSERT_EQ(recorded.size(), 2u);
  EXPECT_EQ(recorded[0].chunks, (std::vector<uint64_t>{5, 10, 1}));
  EXPECT_EQ(recorded[0].trailers, "X-A:  1 \r\nx-a:2\r\n");
  EXPECT_EQ(recorded[1].head, head);
  EXPECT_EQ(recorded[1].trailers, "");
  EXPECT_TRUE(recorded[1].chunks.empty());
}

TEST(Http1HeadTest, FieldsInTheirOrderWithCaseAndWhitespace) {
  EXPECT_EQ(request_line_of(kHead), "GET /a?b=c HTTP/1.1");
  std::string again = std::string(request_line_of(kHead)) + "\r\n";
  std::vector<std::string> values;
  for (const Field& line : fields_of(kHead)) {
    again += std::string(line.name) + ":" + std::string(line.raw_value) + "\r\n";
    values.emplace_back(line.value());
  }
  EXPECT_EQ(again + "\r\n", kHead) << "nothing is lost";
  EXPECT_EQ(values, (std::vector<std::string>{"localhost", "1", "2", "", "a:b",
                                              "keep-alive , Upgrade", "x"}));
}

TEST(Http1HeadTest, SectionsWithoutFields) {
  for (const std::string_view lines : {"", "\r\n"}) {
    for (const Field& line : FieldList(lines)) ADD_FAILURE() << line.name;
  }
  for (const Field& line : fields_of("GET / HTTP/1.0\r\n\r\n")) ADD_FAILURE() << line.name;
}

TEST(Http1HeadTest, TheFirstFieldOfAName) {
  EXPECT_EQ(field_value(fields_of(kHead), "X-TWICE"), "1");
  EXPECT_EQ(field_value(fields_of(kHead), "x-empty"), "");
  EXPECT_EQ(field_value(fields_of(kHead), "X-Twic"), std::nullopt);
}

TEST(Http1HeadTest, MembersOfAList) {
  EXPECT_TRUE(has_list_member(fields_of(kHead), "connection", "upgrade"));
  EXPECT_TRUE(has_list_member(fields_of(kHead), "connection", "keep-alive"));
  EXPECT_TRUE(has_list_member(fields_of(kHead), "connection", "X")) << "of a second field";
  EXPECT_FALSE(has_list_member(fields_of(kHead), "connection", "keep"));
  EXPECT_FALSE(has_list_member(fields_of(kHead), "x-empty", ""));
  EXPECT_FALSE(has_list_member(fields_of(kHead), "x-none", "a"));
}

}  // namespace
}  // namespace echod::wire
