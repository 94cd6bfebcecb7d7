// Numbers as people read them: units, roundings that would spill over, and zero.
#include "app/bench/report/figures.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace echod {
namespace {

TEST(FiguresTest, LatenciesHaveThreeDigits) {
  EXPECT_EQ(format_latency(0), "0 ns");
  EXPECT_EQ(format_latency(7), "7 ns");
  EXPECT_EQ(format_latency(7.25), "7.25 ns");
  EXPECT_EQ(format_latency(987), "987 ns");
  EXPECT_EQ(format_latency(999.4), "999 ns");
  EXPECT_EQ(format_latency(999.5), "1.00 us");
  EXPECT_EQ(format_latency(1000), "1.00 us");
  EXPECT_EQ(format_latency(1234), "1.23 us");
  EXPECT_EQ(format_latency(9996), "10.0 us");
  EXPECT_EQ(format_latency(12'345), "12.3 us");
  EXPECT_EQ(format_latency(99'960), "100 us");
  EXPECT_EQ(format_latency(123'456), "123 us");
  EXPECT_EQ(format_latency(999'499), "999 us");
  EXPECT_EQ(format_latency(999'501), "1.00 ms");
  EXPECT_EQ(format_latency(5e9), "5.00 s");
  EXPECT_EQ(format_latency(3.6e12), "3600 s");
  EXPECT_EQ(format_latency(std::nan("")), "0 ns");
}

TEST(FiguresTest, BytesAreDecimal) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(64), "64 B");
  EXPECT_EQ(format_bytes(1024), "1.02 kB");
  EXPECT_EQ(format_bytes(3.2e6), "3.20 MB");
  EXPECT_EQ(format_bytes(1.5e9), "1.50 GB");
  EXPECT_EQ(format_bytes(2e16), "20000 TB");
}

TEST(FiguresTest, RatesAndCountsHaveTheirThousandsApart) {
  EXPECT_EQ(format_rate(0), "0");
  EXPECT_EQ(format_rate(0.25), "0.25");
  EXPECT_EQ(format_rate(12.34), "12.3");
  EXPECT_EQ(format_rate(999.4), "999");
  EXPECT_EQ(format_rate(999.6), "1,000");
  EXPECT_EQ(format_rate(20'000.4), "20,000");
  EXPECT_EQ(format_rate(std::numeric_limits<double>::infinity()), "1,000,000,000,000,000,000");
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(1'234'567), "1,234,567");
  EXPECT_EQ(format_count(UINT64_MAX), "18,446,744,073,709,551,615");
}

TEST(FiguresTest, SharesKeepTheirSmallest) {
  EXPECT_EQ(format_share(0), "0 %");
  EXPECT_EQ(format_share(0.000005), "0.0005 %");
  EXPECT_EQ(format_share(0.0012), "0.12 %");
  EXPECT_EQ(format_share(0.015), "1.5 %");
  EXPECT_EQ(format_share(0.19), "19 %");
  EXPECT_EQ(format_share(0.999), "99.9 %");
  EXPECT_EQ(format_share(1), "100 %");
}

TEST(FiguresTest, SizesInWords) {
  EXPECT_EQ(format_sizes("64"), "64 bytes");
  EXPECT_EQ(format_sizes("64:9,1024:1"), "64 (9 in 10), 1024 (1 in 10) bytes");
  EXPECT_EQ(format_sizes("64:9,x"), "64:9,x bytes");
  EXPECT_EQ(format_sizes(""), " bytes");
}

TEST(FiguresTest, PluralsOfOneAndMany) {
  EXPECT_EQ(format_plural(1, "thread"), "1 thread");
  EXPECT_EQ(format_plural(0, "thread"), "0 threads");
  EXPECT_EQ(format_plural(10'000, "connection"), "10,000 connections");
}

}  // namespace
}  // namespace echod
