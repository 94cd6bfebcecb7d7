// What targets and queries are taken apart into.
#include "wire/http/target.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace echod::wire {
namespace {

TEST(HttpTargetTest, PathAndQuery) {
  struct Row {
    std::string_view target;
    std::string_view path;
    std::string_view query;
    bool has_query;
  };
  const std::vector<Row> rows = {
      {"/", "/", "", false},
      {"/a/b", "/a/b", "", false},
      {"/a?", "/a", "", true},
      {"/a?b=c?d", "/a", "b=c?d", true},
      {"*", "*", "", false},
      {"example.org:443", "example.org:443", "", false},
      {"http://example.org", "/", "", false},
      {"http://example.org/", "/", "", false},
      {"http://example.org:80/a?b", "/a", "b", true},
      {"http://example.org?b", "/", "b", true},
      {"/a://b/c", "/a://b/c", "", false},
      {"/?u=http://x/", "/", "u=http://x/", true},
  };
  for (const Row& row : rows) {
    const TargetParts parts = split_target(row.target);
    EXPECT_EQ(parts.path, row.path) << row.target;
    EXPECT_EQ(parts.query, row.query) << row.target;
    EXPECT_EQ(parts.has_query, row.has_query) << row.target;
  }
}

TEST(HttpTargetTest, PercentDecoding) {
  EXPECT_EQ(percent_decoded(""), "");
  EXPECT_EQ(percent_decoded("a%20b%2Fc%c3%A9"), "a b/c\xc3\xa9");
  EXPECT_EQ(percent_decoded("%00"), std::string(1, '\0'));
  EXPECT_EQ(percent_decoded("%2525"), "%25") << "once";
  EXPECT_EQ(percent_decoded("a+b"), "a+b");
  EXPECT_EQ(percent_decoded("a+b", true), "a b");
  for (const std::string_view bad : {"%", "%2", "%zz", "%2g", "a%", "%-1", "%+1", "% 1"}) {
    EXPECT_EQ(percent_decoded(bad), std::nullopt) << bad;
  }
}

TEST(HttpTargetTest, Arguments) {
  EXPECT_EQ(query_arguments(""), QueryArguments());
  EXPECT_EQ(query_arguments("&&"), QueryArguments());
  EXPECT_EQ(query_arguments("a=1&b=2&a=3&"), (QueryArguments{{"a", "1"}, {"b", "2"}, {"a", "3"}}));
  EXPECT_EQ(query_arguments("a&=b&=&c=d=e"),
            (QueryArguments{{"a", ""}, {"", "b"}, {"", ""}, {"c", "d=e"}}));
  EXPECT_EQ(query_arguments("a+b%3d=%26+%zz"), (QueryArguments{{"a b=", "%26+%zz"}}));
}

}  // namespace
}  // namespace echod::wire
