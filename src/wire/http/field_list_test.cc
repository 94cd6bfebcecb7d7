// Lists of fields, as received.
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

FieldList fields_of(std::string_view head) {
  const size_t line_size = head.find("\r\n") + 2;
  return FieldList(head.substr(line_size, head.size() - line_size - 2));
}

TEST(FieldListTest, FieldsInTheirOrderWithCaseAndWhitespace) {
  std::string again = "GET /a?b=c HTTP/1.1\r\n";
  std::vector<std::string> values;
  for (const Field& field : fields_of(kHead)) {
    EXPECT_EQ(field.raw, std::string(field.name) + ":" + std::string(field.raw_value));
    again += std::string(field.raw) + "\r\n";
    values.emplace_back(field.value());
  }
  EXPECT_EQ(again + "\r\n", kHead) << "nothing is lost";
  EXPECT_EQ(values, (std::vector<std::string>{"localhost", "1", "2", "", "a:b",
                                              "keep-alive , Upgrade", "x"}));
}

TEST(FieldListTest, ListsWithoutFields) {
  EXPECT_TRUE(FieldList().empty());
  for (const Field& field : FieldList("")) ADD_FAILURE() << field.name;
  for (const Field& field : fields_of("GET / HTTP/1.0\r\n\r\n")) ADD_FAILURE() << field.name;
}

TEST(FieldListTest, ABufferKeepsWhatIsAdded) {
  FieldBuffer buffer(fields_of("GET / HTTP/1.1\r\nHost:  a\r\n\r\n"));
  buffer.add("X", "1");
  EXPECT_EQ(buffer.list().text(), "Host:  a\r\nX: 1\r\n");
  EXPECT_EQ(field_value(buffer.list(), "x"), "1");
}

TEST(FieldListTest, TheHeadOfADecodedRequest) {
  RequestDecoder decoder(HttpLimits{}, "X-T");
  std::span<const std::byte> input = std::as_bytes(std::span(kHead));
  ASSERT_EQ(decoder.next(input), RequestDecoder::Event::kHead);
  EXPECT_EQ(decoder.head().raw, kHead);
  EXPECT_EQ(decoder.head().fields.text(), fields_of(kHead).text());
  EXPECT_EQ(decoder.head().version_text, "HTTP/1.1");
  EXPECT_TRUE(decoder.head().has_noted_field);
}

TEST(FieldListTest, TheFirstFieldOfAName) {
  EXPECT_EQ(field_value(fields_of(kHead), "X-TWICE"), "1");
  EXPECT_EQ(field_value(fields_of(kHead), "x-empty"), "");
  EXPECT_EQ(field_value(fields_of(kHead), "X-Twic"), std::nullopt);
}

TEST(FieldListTest, MembersOfAList) {
  EXPECT_TRUE(has_list_member(fields_of(kHead), "connection", "upgrade"));
  EXPECT_TRUE(has_list_member(fields_of(kHead), "connection", "keep-alive"));
  EXPECT_TRUE(has_list_member(fields_of(kHead), "connection", "X")) << "of a second field";
  EXPECT_FALSE(has_list_member(fields_of(kHead), "connection", "keep"));
  EXPECT_FALSE(has_list_member(fields_of(kHead), "x-empty", ""));
  EXPECT_FALSE(has_list_member(fields_of(kHead), "x-none", "a"));
}

}  // namespace
}  // namespace echod::wire
