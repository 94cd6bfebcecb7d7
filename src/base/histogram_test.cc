// The histogram: every value in the right bucket, percentiles within a thousandth of those of the
// sorted values, sums that are exact, and what happens at both ends.
#include "base/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <tuple>
#include <vector>

namespace echod {
namespace {

constexpr uint64_t kSeed = 20260101;

// Values as latencies are: most of them close together, a long tail, some of each magnitude.
std::vector<uint64_t> latencies(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> usual(11, 1);
  std::uniform_real_distribution<double> magnitude(0, 12.5);
  std::vector<uint64_t> values;
  for (size_t i = 0; i < count; ++i) {
    const double value = i % 10 == 0 ? std::pow(10, magnitude(random)) : usual(random);
    values.push_back(static_cast<uint64_t>(value));
  }
  return values;
}

Histogram histogram_of(const std::vector<uint64_t>& values) {
  Histogram histogram;
  for (const uint64_t value : values) histogram.record(value);
  return histogram;
}

// Whether `value` is `exact` rounded up to a bucket's end.
void expect_rounded_up(uint64_t value, uint64_t exact) {
  EXPECT_GE(value, exact);
  EXPECT_LE(static_cast<double>(value), static_cast<double>(exact) * 1.001);
}

TEST(HistogramTest, BucketsFollowEachOtherWithoutGapOrOverlap) {
  const size_t counters = Histogram().counters().size();
  EXPECT_EQ(counters, 33792U);
  uint64_t next = 0;
  size_t wrong = 0;
  for (size_t i = 0; i < counters; ++i) {
    const uint64_t lowest = Histogram::lowest_of(i);
    const uint64_t highest = Histogram::highest_of(i);
    wrong += lowest != next || Histogram::index_of(lowest) != i ||
             Histogram::index_of(highest) != i || highest - lowest > lowest / 1024;
    next = highest + 1;
  }
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(next, uint64_t{1} << 42);
}

TEST(HistogramTest, BucketsAreThoseOfHdrHistogram) {
  // Value and index as org.HdrHistogram.Histogram(1, 3600000000000, 3) places them.
  EXPECT_EQ(Histogram::index_of(0), 0U);
  EXPECT_EQ(Histogram::index_of(2047), 2047U);
  EXPECT_EQ(Histogram::index_of(2048), 2048U);
  EXPECT_EQ(Histogram::index_of(2049), 2048U);
  EXPECT_EQ(Histogram::index_of(4096), 3072U);
  EXPECT_EQ(Histogram::index_of(4100), 3073U);
  EXPECT_EQ(Histogram::index_of(1'000'000), 11169U);
  EXPECT_EQ(Histogram::index_of(kHistogramMax), 33420U);
}

TEST(HistogramTest, EmptyIsAllZero) {
  const Histogram empty;
  EXPECT_EQ(empty.count(), 0U);
  EXPECT_EQ(empty.clipped(), 0U);
  EXPECT_EQ(empty.min(), 0U);
  EXPECT_EQ(empty.max(), 0U);
  EXPECT_EQ(empty.mean(), 0);
  EXPECT_EQ(empty.standard_deviation(), 0);
  EXPECT_EQ(empty.value_at(50), 0U);
  EXPECT_EQ(empty.value_at_rank(1), 0U);
  EXPECT_EQ(empty.count_above(0), 0U);
  empty.for_each([](uint64_t, uint64_t, uint64_t) { FAIL() << "there is no bucket to visit"; });
}

TEST(HistogramTest, PercentilesAreThoseOfTheSortedValues) {
  for (const size_t count : {1u, 2u, 3u, 10u, 999u, 1000u, 1001u, 100'000u}) {
    std::vector<uint64_t> values = latencies(count, kSeed + count);
    const Histogram histogram = histogram_of(values);
    std::ranges::sort(values);
    for (const uint64_t per_100_000 :
         {0u, 1u, 10'000u, 50'000u, 90'000u, 99'000u, 99'900u, 99'990u, 99'999u, 100'000u}) {
      SCOPED_TRACE(testing::Message() << count << " values, " << per_100_000);
      const uint64_t rank = std::max<uint64_t>(1, (per_100_000 * count + 99'999) / 100'000);
      expect_rounded_up(histogram.value_at(static_cast<double>(per_100_000) / 1000),
                        values[rank - 1]);
      expect_rounded_up(histogram.value_at_rank(rank), values[rank - 1]);
    }
    expect_rounded_up(histogram.max(), values.back());
    EXPECT_LE(histogram.min(), values.front());
    EXPECT_GE(static_cast<double>(histogram.min()), static_cast<double>(values.front()) * 0.999);
  }
}

TEST(HistogramTest, RanksAreExactWherePercentsAreNotInBinary) {
  // Distinct values with counters of their own: any rank that is off by one shows.
  Histogram histogram;
  for (uint64_t value = 1; value <= 1000; ++value) histogram.record(value);
  for (uint64_t tenths = 1; tenths <= 1000; ++tenths) {
    EXPECT_EQ(histogram.value_at(static_cast<double>(tenths) / 10), tenths);
  }
  EXPECT_EQ(histogram.value_at(99.91), 1000U);
  EXPECT_EQ(histogram.value_at(-1), 1U);
  EXPECT_EQ(histogram.value_at(101), 1000U);
  EXPECT_EQ(histogram.value_at(std::nan("")), 1U);
  EXPECT_EQ(histogram.value_at_rank(0), 1U);
  EXPECT_EQ(histogram.value_at_rank(1001), 1000U);
}

TEST(HistogramTest, MeanAndDeviationAreThoseOfTheValues) {
  std::vector<uint64_t> values = latencies(100'000, kSeed);
  double sum = 0;
  for (const uint64_t value : values) sum += static_cast<double>(value);
  const double mean = sum / static_cast<double>(values.size());
  double squares = 0;
  for (const uint64_t value : values) {
    squares += (static_cast<double>(value) - mean) * (static_cast<double>(value) - mean);
  }
  const double deviation = std::sqrt(squares / static_cast<double>(values.size()));
  const Histogram histogram = histogram_of(values);
  EXPECT_NEAR(histogram.mean(), mean, mean * 1e-3);
  EXPECT_NEAR(histogram.standard_deviation(), deviation, deviation * 1e-3);

  Histogram exact;
  exact.record(10);
  exact.record(20, 3);
  EXPECT_EQ(exact.mean(), 17.5);
  EXPECT_DOUBLE_EQ(exact.standard_deviation(), std::sqrt(18.75));
}

TEST(HistogramTest, SumsAreWhatOneWouldHaveRecorded) {
  const std::vector<uint64_t> first = latencies(10'000, kSeed);
  const std::vector<uint64_t> second = latencies(20'000, kSeed + 1);
  Histogram sum = histogram_of(first);
  sum.add(histogram_of(second));
  std::vector<uint64_t> all = first;
  all.insert(all.end(), second.begin(), second.end());
  all.push_back(kHistogramMax + 1);
  EXPECT_NE(sum, histogram_of(all));
  sum.record(kHistogramMax + 1);
  EXPECT_EQ(sum, histogram_of(all));
  Histogram twice = sum;
  twice.add(sum);
  EXPECT_EQ(twice.count(), 2 * sum.count());
  EXPECT_EQ(twice.clipped(), 2 * sum.clipped());
  EXPECT_EQ(twice.value_at(99), sum.value_at(99));
}

TEST(HistogramTest, ManyAtOnceAreAsManyOneByOne) {
  Histogram at_once;
  at_once.record(12'345, 1000);
  Histogram one_by_one;
  for (int i = 0; i < 1000; ++i) one_by_one.record(12'345);
  EXPECT_EQ(at_once, one_by_one);
  at_once.record(1, 0);
  EXPECT_EQ(at_once, one_by_one);
}

TEST(HistogramTest, LargerValuesCountAsTheLargestAndAreToldApart) {
  Histogram histogram;
  histogram.record(kHistogramMax);
  EXPECT_EQ(histogram.clipped(), 0U);
  histogram.record(kHistogramMax + 1);
  histogram.record(UINT64_MAX, 3);
  EXPECT_EQ(histogram.count(), 5U);
  EXPECT_EQ(histogram.clipped(), 4U);
  EXPECT_EQ(histogram.counters()[Histogram::index_of(kHistogramMax)], 5U);
  expect_rounded_up(histogram.max(), kHistogramMax);
}

TEST(HistogramTest, ZeroIsAValue) {
  Histogram histogram;
  histogram.record(0, 3);
  histogram.record(7);
  EXPECT_EQ(histogram.min(), 0U);
  EXPECT_EQ(histogram.value_at(75), 0U);
  EXPECT_EQ(histogram.value_at(76), 7U);
  EXPECT_EQ(histogram.count_above(0), 1U);
}

TEST(HistogramTest, CountsWhatIsAbove) {
  Histogram histogram;
  histogram.record(100);
  histogram.record(5000);
  histogram.record(5003);  // in a bucket of four with 5000
  histogram.record(5004, 2);
  EXPECT_EQ(histogram.count_above(99), 5U);
  EXPECT_EQ(histogram.count_above(100), 4U);
  EXPECT_EQ(histogram.count_above(5000), 2U);
  EXPECT_EQ(histogram.count_above(5004), 0U);
  EXPECT_EQ(histogram.count_above(UINT64_MAX), 0U);
}

TEST(HistogramTest, VisitsBucketsInRisingOrder) {
  Histogram histogram;
  histogram.record(5001, 2);
  histogram.record(3);
  std::vector<std::tuple<uint64_t, uint64_t, uint64_t>> seen;
  histogram.for_each([&](uint64_t lowest, uint64_t highest, uint64_t count) {
    seen.emplace_back(lowest, highest, count);
  });
  EXPECT_EQ(seen, (decltype(seen){{3, 3, 1}, {5000, 5003, 2}}));
}

TEST(HistogramTest, ClearedIsLikeNew) {
  Histogram histogram = histogram_of(latencies(1000, kSeed));
  histogram.record(UINT64_MAX);
  histogram.clear();
  EXPECT_EQ(histogram, Histogram());
}

}  // namespace
}  // namespace echod
