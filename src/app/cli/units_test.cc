// Durations and sizes: every unit, every mistake, and the edges of what fits.
#include "app/cli/units.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace echod {
namespace {

using namespace std::chrono_literals;

TEST(UnitsTest, SizesInEveryUnit) {
  EXPECT_EQ(parse_size("0"), 0u);
  EXPECT_EQ(parse_size("4096"), 4096u);
  EXPECT_EQ(parse_size("4096B"), 4096u);
  EXPECT_EQ(parse_size("64KiB"), 65536u);
  EXPECT_EQ(parse_size("64K"), 65536u);
  EXPECT_EQ(parse_size("1MiB"), uint64_t{1} << 20);
  EXPECT_EQ(parse_size("1M"), uint64_t{1} << 20);
  EXPECT_EQ(parse_size("2GiB"), uint64_t{1} << 31);
  EXPECT_EQ(parse_size("1TiB"), uint64_t{1} << 40);
  EXPECT_EQ(parse_size("64kB"), 64'000u);
  EXPECT_EQ(parse_size("1MB"), 1'000'000u);
  EXPECT_EQ(parse_size("1GB"), 1'000'000'000u);
  EXPECT_EQ(parse_size("1TB"), 1'000'000'000'000u);
  for (const char* text : {"1k", "1K", "1kib", "1KIB"}) EXPECT_EQ(parse_size(text), 1024u) << text;
  for (const char* text : {"1kb", "1KB", "1kB"}) EXPECT_EQ(parse_size(text), 1000u) << text;
  EXPECT_EQ(parse_size("1m"), uint64_t{1} << 20);
  EXPECT_EQ(parse_size("1mb"), 1'000'000u);
}

TEST(UnitsTest, SizesUpToTheLargest) {
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(parse_size(std::to_string(kMax)), kMax);
  EXPECT_EQ(parse_size(std::to_string(kMax + 1)), std::nullopt);
  EXPECT_EQ(parse_size("8388607TiB"), uint64_t{8388607} << 40);
  EXPECT_EQ(parse_size("8388608TiB"), std::nullopt);
  EXPECT_EQ(parse_size("99999999999999999999"), std::nullopt);
}

TEST(UnitsTest, WhatIsNoSize) {
  for (const char* text :
       {"", "KiB", "-1", "+1", " 1", "1 ", "1 KiB", "1.5KiB", "1kk", "0x10", "1e3", "many"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(UnitsTest, DurationsAreWrittenShort) {
  EXPECT_EQ(format_duration(0s), "0ms");
  EXPECT_EQ(format_duration(500us), "500us");
  EXPECT_EQ(format_duration(1500ns), "1.5us");
  EXPECT_EQ(format_duration(20ms), "20ms");
  EXPECT_EQ(format_duration(1500ms), "1.5s");
  EXPECT_EQ(format_duration(30s), "30s");
  EXPECT_EQ(format_duration(5min), "5m");
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(2h), "2h");
  EXPECT_EQ(format_duration(6262666s), "6262666s");
  EXPECT_EQ(format_duration(100000001ms), "100000.001s");
  EXPECT_EQ(format_duration(123456789ns), "123.456789ms");
}

TEST(UnitsTest, SizesAreWrittenShort) {
  EXPECT_EQ(format_size(0), "0");
  EXPECT_EQ(format_size(1000), "1000");
  EXPECT_EQ(format_size(1024), "1KiB");
  EXPECT_EQ(format_size(65536), "64KiB");
  EXPECT_EQ(format_size(1025), "1025");
  EXPECT_EQ(format_size(uint64_t{1} << 40), "1TiB");
}

TEST(UnitsTest, WhatIsWrittenIsRead) {
  for (Duration duration : {Duration(500us), Duration(20ms), Duration(1500ms), Duration(5min),
                            Duration(300ns), Duration(123456789ns), Duration(6262666s)}) {
    EXPECT_EQ(parse_duration(format_duration(duration)), duration);
  }
  for (uint64_t size : {0ul, 1ul, 1024ul, 30ul * 1024, 1ul << 20, (1ul << 40) + 1}) {
    EXPECT_EQ(parse_size(format_size(size)), size);
  }
}

}  // namespace
}  // namespace echod
