#include "base/json_format.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace echod {
namespace {

// The layout of `text`, given in pieces of `piece` bytes; nothing where it is not JSON.
std::optional<std::string> layout(std::string_view text, size_t piece = SIZE_MAX) {
  JsonFormatter formatter(2);
  std::string out;
  while (!text.empty()) {
    const std::string_view next = text.substr(0, piece);
    if (!formatter.feed(next, out)) return std::nullopt;
    text.remove_prefix(next.size());
  }
  if (!formatter.complete()) return std::nullopt;
  return out;
}

TEST(JsonFormatTest, EachMemberOnALine) {
  constexpr std::string_view kText = " {\"a\" :[1,\t{}, [ ] ,\"x\\\"]\"],\r\n\"b\":{\"c\":null}} ";
  constexpr std::string_view kLayout =
      "{\n  \"a\": [\n    1,\n    {},\n    [],\n    \"x\\\"]\"\n  ],\n  \"b\": {\n    \"c\": "
      "null\n  }\n}";
  EXPECT_EQ(layout(kText), kLayout);
  for (size_t piece = 1; piece < kText.size(); ++piece) EXPECT_EQ(layout(kText, piece), kLayout);
  EXPECT_EQ(layout(kLayout), kLayout);
}

TEST(JsonFormatTest, StandsInOuterLevels) {
  JsonFormatter formatter(2, 1);
  std::string out;
  EXPECT_TRUE(formatter.feed("[1]", out));
  EXPECT_EQ(out, "[\n    1\n  ]");
}

TEST(JsonFormatTest, ValuesAsTheyCame) {
  for (const std::string_view value :
       {"0", "-0", "10", "1E400", "1e-5", "1.50", "-0.1E+10", "123456789012345678901234567890",
        "true", "false", "null", "\"\"", "\"\\u00e9\\ud800\\n\\/\"", "\"\x7f\xff\""}) {
    EXPECT_EQ(layout(value), value);
  }
}

TEST(JsonFormatTest, WhatIsNotJson) {
  for (const std::string_view text : {"",
                                      " ",
                                      "01",
                                      "1.",
                                      ".5",
                                      "+1",
                                      "-",
                                      "1e",
                                      "1e+",
                                      "00",
                                      "--1",
                                      "1x",
                                      "tru",
                                      "trux",
                                      "nul",
                                      "[",
                                      "]",
                                      "{",
                                      "}",
                                      "[1",
                                      "[1,]",
                                      "[,1]",
                                      "[1 2]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{1:2}",
                                      "{\"a\":1 \"b\":2}",
                                      "\"",
                                      "\"\\",
                                      "\"\\x\"",
                                      "\"\\u12g4\"",
                                      "\"\n\"",
                                      "1 2",
                                      "{}{}",
                                      "[}",
                                      "{]",
                                      "'a'",
                                      "\xef\xbb\xbf"
                                      "1",
                                      "[1]]",
                                      "NaN",
                                      "Infinity",
                                      "/**/1"}) {
    EXPECT_FALSE(layout(text)) << text;
    EXPECT_FALSE(layout(text, 1)) << text;
  }
  EXPECT_FALSE(layout(std::string_view("1\0", 2)));
}

TEST(JsonFormatTest, DepthHasALimit) {
  constexpr size_t kMax = JsonFormatter::kDepthMax;
  EXPECT_TRUE(layout(std::string(kMax, '[') + std::string(kMax, ']')));
  EXPECT_FALSE(layout(std::string(kMax + 1, '[') + std::string(kMax + 1, ']')));
}

}  // namespace
}  // namespace echod
