#include "base/parse_duration.h"

#include <gtest/gtest.h>

namespace echod {
namespace {

using namespace std::chrono_literals;

TEST(ParseDurationTest, DurationsInEveryUnit) {
  EXPECT_EQ(parse_duration("500us"), 500us);
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("10s"), 10s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("2h"), 2h);
  EXPECT_EQ(parse_duration("1d"), 24h);
  EXPECT_EQ(parse_duration("1d12h"), 36h);
  EXPECT_EQ(parse_duration("7"), 7s);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("0.25"), 250ms);
  EXPECT_EQ(parse_duration("0"), 0s);
  EXPECT_EQ(parse_duration("0ms"), 0s);
  EXPECT_EQ(parse_duration("8760h"), 8760h);
}

TEST(ParseDurationTest, WhatIsNoDuration) {
  for (const char* text : {"",       " ",
                           "s",      "ms",
                           "1 s",    " 1s",
                           "1s ",    "-1s",
                           "-0.5",   "+1s",
                           "1S",     "366d",
                           "1sec",   "1e3s",
                           "1.5.1s", "nan",
                           "inf",    "infs",
                           "0x10s",  "1,5s",
                           "8761h",  "99999999999999999999999999h"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(ParseDurationTest, AsGoWritesThem) {
  EXPECT_EQ(parse_duration("300ns"), 300ns);
  EXPECT_EQ(parse_duration("1m30s"), 90s);
  EXPECT_EQ(parse_duration("1h2m3.5s"), 1h + 2min + 3500ms);
  EXPECT_EQ(parse_duration("5\xc2\xb5s"), 5us);
  EXPECT_EQ(parse_duration("1s2"), std::nullopt);
  EXPECT_EQ(parse_duration("1s-2s"), std::nullopt);
  EXPECT_EQ(parse_duration("8760h1s"), std::nullopt) << "more than a year";
}

}  // namespace
}  // namespace echod
