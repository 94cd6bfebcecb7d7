#include "base/pattern.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace echod {
namespace {

constexpr uint64_t kOffsets[] = {0, 1, 2, 7, 8, 9, 63, 1000, 4095, (uint64_t{1} << 33) + 5};

std::vector<std::byte> pattern_bytes(const Pattern& pattern, uint64_t offset, size_t size) {
  std::vector<std::byte> out(size);
  pattern.fill(out, offset);
  return out;
}

TEST(PatternTest, FillWritesTheByteOfEachOffset) {
  const Pattern pattern(7);
  for (const uint64_t offset : kOffsets) {
    for (size_t size = 0; size < 40; ++size) {
      const std::vector<std::byte> out = pattern_bytes(pattern, offset, size);
      for (size_t i = 0; i < size; ++i) ASSERT_EQ(out[i], pattern.at(offset + i));
    }
  }
}

TEST(PatternTest, FillStaysInsideItsSpan) {
  const Pattern pattern(7);
  for (const uint64_t offset : kOffsets) {
    for (size_t size = 0; size < 40; ++size) {
      std::vector<std::byte> out(size + 2, std::byte{0xee});
      pattern.fill(std::span(out).subspan(1, size), offset);
      ASSERT_EQ(out.front(), std::byte{0xee});
      ASSERT_EQ(out.back(), std::byte{0xee});
    }
  }
}

TEST(PatternTest, AcceptsItself) {
  const Pattern pattern(7);
  for (const uint64_t offset : kOffsets) {
    for (const size_t size : {0u, 1u, 7u, 8u, 9u, 64u, 4096u, 4097u, 10'000u}) {
      EXPECT_EQ(pattern.first_mismatch(pattern_bytes(pattern, offset, size), offset), std::nullopt);
    }
  }
}

TEST(PatternTest, FindsEveryChangedBit) {
  const Pattern pattern(7);
  for (const uint64_t offset : {0u, 3u}) {
    std::vector<std::byte> bytes = pattern_bytes(pattern, offset, 100);
    for (size_t i = 0; i < bytes.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        bytes[i] ^= std::byte(1 << bit);
        ASSERT_EQ(pattern.first_mismatch(bytes, offset), i);
        bytes[i] ^= std::byte(1 << bit);
      }
    }
  }
}

TEST(PatternTest, FindsTheFirstOfSeveral) {
  const Pattern pattern(7);
  std::vector<std::byte> bytes = pattern_bytes(pattern, 5, 20'000);
  for (const size_t at : {19'999u, 12'345u, 4'103u, 4'096u, 17u, 0u}) {
    bytes[at] ^= std::byte{0x80};
    EXPECT_EQ(pattern.first_mismatch(bytes, 5), at);
  }
}

TEST(PatternTest, FindsALostByteWhereItWas) {
  const Pattern pattern(7);
  const std::vector<std::byte> whole = pattern_bytes(pattern, 3, 3000);
  for (size_t i = 0; i + 1 < whole.size(); ++i) {
    std::vector<std::byte> bytes = whole;
    bytes.erase(bytes.begin() + static_cast<ptrdiff_t>(i));
    ASSERT_EQ(pattern.first_mismatch(bytes, 3), i);
  }
}

TEST(PatternTest, FindsARepeatedByteBehindItself) {
  const Pattern pattern(7);
  const std::vector<std::byte> whole = pattern_bytes(pattern, 3, 3000);
  for (size_t i = 0; i < whole.size(); ++i) {
    std::vector<std::byte> bytes = whole;
    bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(i), whole[i]);
    ASSERT_EQ(pattern.first_mismatch(bytes, 3), i + 1);
  }
}

TEST(PatternTest, FindsSwappedNeighbours) {
  const Pattern pattern(7);
  const std::vector<std::byte> whole = pattern_bytes(pattern, 0, 3000);
  for (size_t i = 0; i + 1 < whole.size(); ++i) {
    std::vector<std::byte> bytes = whole;
    std::swap(bytes[i], bytes[i + 1]);
    ASSERT_EQ(pattern.first_mismatch(bytes, 0), i);
  }
}

TEST(PatternTest, NoShortStretchOccursTwice) {
  const std::vector<std::byte> bytes = pattern_bytes(Pattern(7), 0, 1 << 20);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::set<std::string_view> seen;
  for (size_t i = 0; i + 16 <= text.size(); i += 16) {
    ASSERT_TRUE(seen.insert(text.substr(i, 16)).second) << "at " << i;
  }
}

TEST(PatternTest, OtherSeedsMakeOtherBytes) {
  const std::vector<std::byte> first = pattern_bytes(Pattern(0), 0, 64);
  for (uint64_t seed = 1; seed < 100; ++seed) {
    const std::vector<std::byte> other = pattern_bytes(Pattern(seed), 0, 64);
    size_t same = 0;
    for (size_t i = 0; i < first.size(); ++i) same += first[i] == other[i] ? 1 : 0;
    EXPECT_LT(same, 16u) << "seed " << seed;
  }
}

TEST(PatternTest, EveryByteValueOccurs) {
  std::set<std::byte> values;
  for (const std::byte byte : pattern_bytes(Pattern(1), 0, 1 << 16)) values.insert(byte);
  EXPECT_EQ(values.size(), 256u);
}

}  // namespace
}  // namespace echod
