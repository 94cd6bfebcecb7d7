// Encoded histograms: nothing is lost, what independent implementations write is read, and no
// input whatever does harm.
#include "app/bench/report/histogram_codec.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace echod {
namespace {

Histogram some_latencies() {
  Histogram histogram;
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) histogram.record(random() % 1'000'000 >> (random() % 18));
  histogram.record(kHistogramMax);
  histogram.record(0, 5);
  return histogram;
}

// An encoding by hand, to say what encode_histogram() never says.
class Encoding {
 public:
  Encoding& number(uint64_t value, unsigned size) {
    while (size-- > 0) plain_ += static_cast<char>(value >> (8 * size) & 255);
    return *this;
  }
  Encoding& header(uint64_t payload_size, uint64_t digits = 3, uint64_t lowest = 1,
                   uint64_t highest = kHistogramMax, uint64_t shift = 0,
                   uint64_t ratio = 0x3ff0000000000000) {
    return number(0x1c849313, 4)
        .number(payload_size, 4)
        .number(shift, 4)
        .number(digits, 4)
        .number(lowest, 8)
        .number(highest, 8)
        .number(ratio, 8);
  }
  Encoding& bytes(const std::string& bytes) {
    plain_ += bytes;
    return *this;
  }

  std::string compressed() const {
    uLongf size = compressBound(plain_.size());
    std::string packed(size, 0);
    compress(reinterpret_cast<Bytef*>(packed.data()), &size,
             reinterpret_cast<const Bytef*>(plain_.data()), plain_.size());
    packed.resize(size);
    Encoding outer;
    outer.number(0x1c849314, 4).number(packed.size(), 4).bytes(packed);
    return outer.plain_;
  }
  std::string base64() const { return base64_of(compressed()); }

  static std::string base64_of(const std::string& bytes) {
    static constexpr char kDigits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    unsigned bits = 0;
    int count = 0;
    for (const char byte : bytes) {
      bits = bits << 8 | static_cast<unsigned char>(byte);
      for (count += 8; count >= 6; count -= 6) text += kDigits[bits >> (count - 6) & 63];
    }
    if (count > 0) text += kDigits[bits << (6 - count) & 63];
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
  }

 private:
  std::string plain_;
};

std::string error_of(const std::string& base64) {
  const auto decoded = decode_histogram(base64);
  return decoded ? "no error" : decoded.error();
}

TEST(HistogramCodecTest, WhatIsReadIsWhatWasWritten) {
  const Histogram histogram = some_latencies();
  const auto decoded = decode_histogram(encode_histogram(histogram));
  ASSERT_TRUE(decoded) << decoded.error();
  EXPECT_EQ(*decoded, histogram);
}

TEST(HistogramCodecTest, EveryCounterAndEveryWidthOfACountSurvives) {
  Histogram histogram;
  std::vector<Histogram> sparse(3);
  const size_t last = Histogram::index_of(kHistogramMax);
  for (size_t i = 0; i <= last; ++i) {
    histogram.record(Histogram::lowest_of(i), i + 1);
    sparse[i % 3].record(Histogram::lowest_of(i));
  }
  for (int bits = 0; bits < 63; ++bits) {
    Histogram wide;
    wide.record(1000, (uint64_t{1} << bits) + 1);
    sparse.push_back(wide);
  }
  sparse.push_back(histogram);
  sparse.emplace_back();
  for (const Histogram& one : sparse) {
    const auto decoded = decode_histogram(encode_histogram(one));
    ASSERT_TRUE(decoded) << decoded.error();
    EXPECT_EQ(*decoded, one);
  }
}

// What encode_histogram() says before it is compressed, without the header.
std::string payload_of(const Histogram& histogram) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char digit : encode_histogram(histogram)) {
    if (digit == '=') break;
    bits = bits << 6 | static_cast<unsigned>(kDigits.find(digit));
    if ((count += 6) < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 255);
  }
  std::string plain(100'000, 0);
  uLongf size = plain.size();
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(plain.data()), &size,
                       reinterpret_cast<const Bytef*>(bytes.data()) + 8, bytes.size() - 8),
            Z_OK);
  return plain.substr(40, size - 40);
}

TEST(HistogramCodecTest, WritesWhatTheJavaLibraryWrites) {
  // One zero is a zero, more are a negative number, and nothing follows the last count.
  Histogram histogram;
  EXPECT_EQ(payload_of(histogram), std::string("\0", 1));
  histogram.record(1);
  EXPECT_EQ(payload_of(histogram), std::string("\0\x02", 2));
  histogram.record(4, 64);
  EXPECT_EQ(payload_of(histogram), std::string("\0\x02\x03\x80\x01", 5));
  Histogram most;
  most.record(0, (uint64_t{1} << 63) - 1);
  EXPECT_EQ(payload_of(most), "\xfe" + std::string(8, '\xff'));
}

TEST(HistogramCodecTest, ReadsWhatTheJavaLibraryWrites) {
  // org.HdrHistogram.Histogram(1, 3600000000000L, 3) of version 2.1.11 with 1, 1000, 1000, 2049,
  // 123456789 and 3600000000000, through HistogramLogWriter.
  const std::string java =
      "HISTFAAAADF42pNpmSzMwMAgwAABzFCaEch0M9ixgMH+A1SE6TQ/y1oBps1/GZnuv2FkAgC9HAl7";
  Histogram histogram;
  for (const uint64_t value : {1UL, 1000UL, 1000UL, 2049UL, 123'456'789UL, kHistogramMax}) {
    histogram.record(value);
  }
  const auto decoded = decode_histogram(java);
  ASSERT_TRUE(decoded) << decoded.error();
  EXPECT_EQ(*decoded, histogram);
}

TEST(HistogramCodecTest, ClippedOnesCanBeMarkedAgain) {
  Histogram histogram;
  histogram.record(5, 3);
  histogram.record(kHistogramMax, 2);
  histogram.record(kHistogramMax + 1, 4);
  const auto decoded = decode_histogram(encode_histogram(histogram));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->clipped(), 0U);
  EXPECT_EQ(with_clipped(*decoded, 4), histogram);
  EXPECT_EQ(with_clipped(*decoded, 100).clipped(), 6U);
  EXPECT_EQ(with_clipped(*decoded, 100).count(), 9U);
}

TEST(HistogramCodecTest, TakesLongerRangesAndRefusesOtherBuckets) {
  const std::string two_ones = "\x02\x02";
  EXPECT_EQ(error_of(Encoding().header(2).bytes(two_ones).base64()), "no error");
  EXPECT_EQ(error_of(Encoding().header(2, 3, 1, 1000).bytes(two_ones).base64()), "no error");
  EXPECT_EQ(error_of(Encoding().header(2, 3, 1, UINT64_MAX / 2).bytes(two_ones).base64()),
            "no error");
  EXPECT_EQ(error_of(Encoding().header(2, 2).bytes(two_ones).base64()),
            "a histogram with lowest value 1 and 2 significant digits cannot be added exactly to "
            "echod's, with 1 and 3");
  EXPECT_NE(error_of(Encoding().header(2, 3, 1000).bytes(two_ones).base64()).find("lowest value"),
            std::string::npos);
  EXPECT_NE(error_of(Encoding().header(2, 3, 1, 1000, 7).bytes(two_ones).base64()).find("shifted"),
            std::string::npos);
  EXPECT_NE(error_of(Encoding().header(2, 3, 1, 1000, 0, 0).bytes(two_ones).base64()).find("scal"),
            std::string::npos);
}

TEST(HistogramCodecTest, ValuesBeyondAnHourAreRefused) {
  // A run of 33420 zeros reaches the last counter, one more is beyond it: ZigZag of -33420, -33421.
  const std::string reaches = "\x97\x8a\x04\x02";
  const std::string beyond = "\x99\x8a\x04\x02";
  const auto last = decode_histogram(Encoding().header(4).bytes(reaches).base64());
  ASSERT_TRUE(last) << last.error();
  EXPECT_EQ(last->counters()[Histogram::index_of(kHistogramMax)], 1U);
  EXPECT_EQ(error_of(Encoding().header(4).bytes(beyond).base64()),
            "the histogram counts values of more than an hour (in nanoseconds)");
  // As many zeros as a number can say, twice, and then a count.
  const std::string most(9, '\xff');
  EXPECT_NE(error_of(Encoding().header(19).bytes(most + most + "\x02").base64()).find("an hour"),
            std::string::npos);
  EXPECT_EQ(error_of(Encoding().header(4).bytes("\x02\x99\x8a\x04").base64()), "no error");
}

TEST(HistogramCodecTest, CountsThatOverflowAreRefused) {
  const std::string most = "\xfe" + std::string(8, '\xff');  // 2^63 - 1
  EXPECT_EQ(error_of(Encoding().header(9).bytes(most).base64()), "no error");
  EXPECT_EQ(error_of(Encoding().header(10).bytes(most + "\x02").base64()),
            "the histogram counts more than can be");
}

TEST(HistogramCodecTest, DamageIsNamed) {
  const std::string good = encode_histogram(some_latencies());
  EXPECT_EQ(error_of(""), "the encoded histogram is cut off");
  EXPECT_EQ(error_of("AAA"), "the encoded histogram is cut off");
  EXPECT_EQ(error_of("A*AA"), "the encoded histogram is not base64");
  EXPECT_EQ(error_of("====" + good), "the encoded histogram is not base64");
  EXPECT_NE(error_of("AAAAAAAAAAAA").find("not of HdrHistogram's V2"), std::string::npos);
  EXPECT_EQ(error_of(good.substr(0, good.size() - 4)),
            "the encoded histogram is not as long as it says");
  EXPECT_EQ(error_of(std::string(size_t{2} << 20, 'A')), "the encoded histogram is too long");
  EXPECT_EQ(error_of(Encoding().header(3).bytes("\x02\x02").base64()),
            "the encoded histogram is not as long as it says");
  EXPECT_EQ(error_of(Encoding().header(2).bytes("\x02\x82").base64()),
            "the encoded histogram is cut off");
  EXPECT_EQ(error_of(Encoding().number(0x1c849313, 4).base64()),
            "the encoded histogram is cut off");
  EXPECT_NE(error_of(Encoding().number(1, 4).bytes(std::string(40, 'x')).base64()).find("V2"),
            std::string::npos);
  std::string packed = Encoding().header(2).bytes("\x02\x02").compressed();
  packed[10] = static_cast<char>(packed[10] ^ 0x55);
  EXPECT_EQ(error_of(Encoding::base64_of(packed)),
            "the encoded histogram's compressed part is damaged");
}

TEST(HistogramCodecTest, ABombIsCutOff) {
  const std::string bomb = Encoding().header(1 << 24).bytes(std::string(1 << 24, '\0')).base64();
  EXPECT_LT(bomb.size(), 40'000U);
  EXPECT_EQ(error_of(bomb), "the encoded histogram is cut off or too large");
}

TEST(HistogramCodecTest, NoDamageDoesHarm) {
  const std::string good = encode_histogram(some_latencies());
  const std::string packed = Encoding().header(2).bytes("\x02\x02").compressed();
  std::mt19937_64 random(11);
  size_t refused = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = i % 2 == 0 ? good : Encoding::base64_of(packed);
    damaged[random() % damaged.size()] = static_cast<char>(random());
    refused += decode_histogram(damaged) ? 0 : 1;
    std::string plain(random() % 64, 0);
    for (char& byte : plain) byte = static_cast<char>(random());
    const auto decoded = decode_histogram(Encoding().header(plain.size()).bytes(plain).base64());
    if (decoded) {
      EXPECT_GE(decoded->count(), decoded->counters()[0]);
    }
  }
  EXPECT_GT(refused, 1900U);  // zlib's check sum and the lengths find nearly all
}

}  // namespace
}  // namespace echod
