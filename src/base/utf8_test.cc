#include "base/utf8.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "base/chunk_test_util.h"

namespace echod {
namespace {

// Where the validator refuses `text` when it is given byte by byte.
std::optional<size_t> refused_at(std::string_view text) {
  Utf8Validator validator;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!validator.feed(bytes_of(text.substr(i, 1)))) return i;
  }
  return std::nullopt;
}

// The code point's encoding, by arithmetic alone: also where there must be none.
std::string encoded(uint32_t point, int size) {
  std::string out;
  if (size == 1) return {static_cast<char>(point)};
  constexpr uint32_t kLeads[] = {0, 0, 0xc0, 0xe0, 0xf0};
  out += static_cast<char>(kLeads[size] | point >> (6 * (size - 1)));
  for (int i = size - 2; i >= 0; --i) out += static_cast<char>(0x80 | (point >> (6 * i) & 0x3f));
  return out;
}

int size_of(uint32_t point) {
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
}

bool is_surrogate(uint32_t point) { return point >= 0xd800 && point < 0xe000; }

TEST(Utf8Test, TakesEveryCodePointInItsShortestFormAlone) {
  for (uint32_t point = 0; point < 0x120000; ++point) {
    const bool exists = point <= 0x10ffff && !is_surrogate(point);
    for (int size = size_of(point); size <= 4; ++size) {
      const std::string text = encoded(point, size);
      const bool right = exists && size == size_of(point);
      ASSERT_EQ(is_utf8(text), right) << std::hex << point << " in " << size << " bytes";
      ASSERT_EQ(utf8_character_size(text + "x"), right ? text.size() : 0U) << std::hex << point;
    }
  }
}

TEST(Utf8Test, RefusesTheFirstByteThatCannotBeRight) {
  const struct {
    std::string_view text;
    size_t at;
  } kTable[] = {
      {"\x80", 0},              // follows nothing
      {"a\xbf", 1},             //
      {"\xc0\xaf", 0},          // overlong
      {"\xc1\xbf", 0},          //
      {"\xe0\x9f\xbf", 1},      // overlong: known at the second byte
      {"\xf0\x8f\xbf\xbf", 1},  //
      {"\xed\xa0\x80", 1},      // a surrogate
      {"\xf4\x90\x80\x80", 1},  // beyond U+10FFFF
      {"\xf5\x80\x80\x80", 0},
      {"\xff", 0},
      {"\xc3(", 1},  // not followed
      {"\xe2\x82(", 2},
      {"\xf0\x9f\x92(", 3},
      {"\xe2\xe2", 1},
      {"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80"
       "edited",
       12},  // Autobahn 6.3
  };
  for (const auto& [text, at] : kTable) {
    EXPECT_EQ(refused_at(text), at) << testing::PrintToString(text);
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(Utf8Test, IsTheSameForEveryCut) {
  constexpr std::string_view kRight =
      "0123456789abcdef\xce\xba\xe1\xbd\xb9\xf0\x9f\x98\x80plain again\xc3\xa9";
  constexpr std::string_view kWrong = "0123456789abcdef\xf0\x9f\x98(plain again plain again";
  for (size_t cut = 0; cut <= kRight.size(); ++cut) {
    Utf8Validator validator;
    EXPECT_TRUE(validator.feed(bytes_of(kRight.substr(0, cut))));
    EXPECT_TRUE(validator.feed({}));
    EXPECT_TRUE(validator.feed(bytes_of(kRight.substr(cut))));
    EXPECT_TRUE(validator.complete());
  }
  for (size_t cut = 0; cut <= kWrong.size(); ++cut) {
    Utf8Validator validator;
    EXPECT_EQ(validator.feed(bytes_of(kWrong.substr(0, cut))), cut < 20);
    EXPECT_FALSE(validator.feed(bytes_of(kWrong.substr(cut))));
    EXPECT_FALSE(validator.feed({}));
    EXPECT_FALSE(validator.complete());
  }
}

TEST(Utf8Test, FindsAByteThatIsNotAsciiAtEveryPlace) {
  for (size_t size = 1; size < 40; ++size) {
    for (size_t at = 0; at < size; ++at) {
      std::string text(size, 'x');
      text[at] = '\x80';
      ASSERT_FALSE(is_utf8(text)) << at << " of " << size;
    }
  }
}

TEST(Utf8Test, IsNotCompleteWithinACharacter) {
  constexpr std::string_view kSmile = "\xf0\x9f\x98\x80";
  for (size_t size = 0; size <= kSmile.size(); ++size) {
    Utf8Validator validator;
    EXPECT_TRUE(validator.feed(bytes_of(kSmile.substr(0, size))));
    EXPECT_EQ(validator.complete(), size == 0 || size == kSmile.size());
    EXPECT_EQ(utf8_character_size(kSmile.substr(0, size)), size == kSmile.size() ? size : 0);
  }
}

TEST(Utf8Test, BeginsAnewAfterReset) {
  Utf8Validator validator;
  EXPECT_FALSE(validator.feed(bytes_of("\xe2\xff")));
  validator.reset();
  EXPECT_TRUE(validator.complete());
  EXPECT_TRUE(validator.feed(bytes_of("\xc3\xa9")));
  EXPECT_TRUE(validator.complete());
}

TEST(Utf8Test, APrefixEndsWithACharacter) {
  constexpr std::string_view kText = "ab\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
  constexpr size_t kSizes[] = {0, 1, 2, 2, 4, 4, 4, 7, 7, 7, 7, 11, 11};
  for (size_t size_max = 0; size_max < std::size(kSizes); ++size_max) {
    EXPECT_EQ(utf8_prefix_size(kText, size_max), kSizes[size_max]) << size_max;
  }
}

}  // namespace
}  // namespace echod
