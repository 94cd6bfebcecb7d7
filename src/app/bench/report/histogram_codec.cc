#include "app/bench/report/histogram_codec.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <vector>

#include "base/check.h"

namespace echod {
namespace {

using Bytes = std::basic_string<unsigned char>;

// The low byte's upper half is the "word size", 1 for LEB128; readers ignore it.
constexpr uint32_t kPlainCookie = 0x1c849303;
constexpr uint32_t kCompressedCookie = 0x1c849304;
constexpr uint32_t kWordSize = 0x10;
constexpr uint32_t kWordSizeMask = 0xf0;
constexpr uint32_t kDigits = 3;

constexpr size_t kHeaderBytes = 40;
constexpr size_t kCompressedHeaderBytes = 8;
// Three digits up to 2^63 are 55,296 counters of nine bytes at most.
constexpr size_t kPlainBytesMax = size_t{1} << 20;
constexpr size_t kBase64Max = kPlainBytesMax * 4 / 3;
constexpr unsigned kVarintBytesMax = 9;  // the last one holds eight bits

constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::unexpected<std::string> wrong(std::string text) { return std::unexpected(std::move(text)); }

// --- Base64 -------------------------------------------------------------------------------------

std::string to_base64(const Bytes& bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t here = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (k < here ? bytes[i + k] : 0U);
    for (size_t k = 0; k < 4; ++k) {
      text += k <= here ? kBase64Digits[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return text;
}

constexpr std::array<int8_t, 256> kBase64Values = [] {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (size_t i = 0; i < kBase64Digits.size(); ++i) {
    values[static_cast<unsigned char>(kBase64Digits[i])] = static_cast<int8_t>(i);
  }
  return values;
}();

std::expected<Bytes, std::string> from_base64(std::string_view text) {
  if (text.size() > kBase64Max) return wrong("the encoded histogram is too long");
  if (text.size() % 4 != 0) return wrong("the encoded histogram is cut off");
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    size_t padding = 0;
    if (last && text[i + 3] == '=') padding = text[i + 2] == '=' ? 2 : 1;
    uint32_t group = 0;
    for (size_t k = 0; k < 4; ++k) {
      const int value =
          k < 4 - padding ? kBase64Values[static_cast<unsigned char>(text[i + k])] : 0;
      if (value < 0) return wrong("the encoded histogram is not base64");
      group = group << 6 | static_cast<uint32_t>(value);
    }
    for (size_t k = 0; k < 3 - padding; ++k) {
      bytes += static_cast<unsigned char>(group >> (16 - 8 * k) & 255);
    }
  }
  return bytes;
}

// --- Numbers ------------------------------------------------------------------------------------

void put(Bytes& bytes, uint64_t value, unsigned size) {
  while (size-- > 0) bytes += static_cast<unsigned char>(value >> (8 * size) & 255);
}

uint64_t get(const Bytes& bytes, size_t offset, unsigned size) {
  uint64_t value = 0;
  for (unsigned i = 0; i < size; ++i) value = value << 8 | bytes[offset + i];
  return value;
}

void put_varint(Bytes& bytes, int64_t number) {
  uint64_t rest = static_cast<uint64_t>(number) << 1 ^ static_cast<uint64_t>(number >> 63);
  for (unsigned i = 1; i < kVarintBytesMax && rest > 127; ++i, rest >>= 7) {
    bytes += static_cast<unsigned char>(rest | 128);
  }
  bytes += static_cast<unsigned char>(rest);
}

// Moves `offset` behind the number. False when the bytes end within it.
bool get_varint(const Bytes& bytes, size_t& offset, int64_t& number) {
  uint64_t value = 0;
  for (unsigned i = 0;; ++i) {
    if (offset == bytes.size()) return false;
    const uint64_t byte = bytes[offset++];
    const bool last = i + 1 == kVarintBytesMax || byte < 128;
    value |= (i + 1 == kVarintBytesMax ? byte : byte & 127) << (7 * i);
    if (last) break;
  }
  number = static_cast<int64_t>(value >> 1 ^ (0 - (value & 1)));
  return true;
}

// --- The V2 encoding ----------------------------------------------------------------------------

Bytes encoded_counters(const Histogram& histogram) {
  const std::vector<uint64_t>& counters = histogram.counters();
  size_t end = counters.size();
  while (end > 1 && counters[end - 1] == 0) --end;
  Bytes payload;
  for (size_t i = 0; i < end;) {
    if (counters[i] != 0) {
      put_varint(payload, static_cast<int64_t>(counters[i++]));
      continue;
    }
    int64_t zeros = 0;
    for (; i < end && counters[i] == 0; ++i) ++zeros;
    put_varint(payload, zeros == 1 ? 0 : -zeros);
  }
  return payload;
}

std::expected<Bytes, std::string> inflated(const unsigned char* data, size_t size) {
  Bytes plain(kPlainBytesMax, 0);
  uLongf plain_size = plain.size();
  const int status = uncompress(plain.data(), &plain_size, data, static_cast<uLong>(size));
  if (status == Z_BUF_ERROR) return wrong("the encoded histogram is cut off or too large");
  if (status != Z_OK) return wrong("the encoded histogram's compressed part is damaged");
  plain.resize(plain_size);
  return plain;
}

// What stands before the counters, and whether the buckets are ours. Empty: they are.
std::string difference_from_ours(const Bytes& plain) {
  if (plain.size() < kHeaderBytes) return "the encoded histogram is cut off";
  if ((get(plain, 0, 4) & ~uint64_t{kWordSizeMask}) != kPlainCookie) {
    return "the encoded histogram is not of HdrHistogram's V2 format";
  }
  if (get(plain, 4, 4) != plain.size() - kHeaderBytes) {
    return "the encoded histogram is not as long as it says";
  }
  const uint64_t digits = get(plain, 12, 4);
  const uint64_t lowest = get(plain, 16, 8);
  if (digits != kDigits || lowest != 1) {
    return fmt::format(
        "a histogram with lowest value {} and {} significant digits cannot be added exactly to "
        "echod's, with 1 and {}",
        lowest, digits, kDigits);
  }
  if (get(plain, 8, 4) != 0 || std::bit_cast<double>(get(plain, 32, 8)) != 1.0) {
    return "a histogram with shifted or scaled values cannot be added exactly to echod's";
  }
  return "";
}

}  // namespace

std::string encode_histogram(const Histogram& histogram) {
  const Bytes payload = encoded_counters(histogram);
  Bytes plain;
  put(plain, kPlainCookie | kWordSize, 4);
  put(plain, payload.size(), 4);
  put(plain, 0, 4);  // not shifted
  put(plain, kDigits, 4);
  put(plain, 1, 8);
  put(plain, kHistogramMax, 8);
  put(plain, std::bit_cast<uint64_t>(1.0), 8);
  plain += payload;

  uLongf size = compressBound(static_cast<uLong>(plain.size()));
  Bytes compressed(size, 0);
  const int status = compress(compressed.data(), &size, plain.data(), plain.size());
  ECHOD_CHECK(status == Z_OK);  // the buffer is of compressBound() bytes
  Bytes all;
  put(all, kCompressedCookie | kWordSize, 4);
  put(all, size, 4);
  all.append(compressed, 0, size);
  return to_base64(all);
}

std::expected<Histogram, std::string> decode_histogram(std::string_view base64) {
  const std::expected<Bytes, std::string> bytes = from_base64(base64);
  if (!bytes) return wrong(bytes.error());
  if (bytes->size() < kCompressedHeaderBytes) return wrong("the encoded histogram is cut off");
  if ((get(*bytes, 0, 4) & ~uint64_t{kWordSizeMask}) != kCompressedCookie) {
    return wrong("the encoded histogram is not of HdrHistogram's V2 compressed format");
  }
  if (get(*bytes, 4, 4) != bytes->size() - kCompressedHeaderBytes) {
    return wrong("the encoded histogram is not as long as it says");
  }
  const std::expected<Bytes, std::string> plain =
      inflated(bytes->data() + kCompressedHeaderBytes, bytes->size() - kCompressedHeaderBytes);
  if (!plain) return wrong(plain.error());
  if (std::string difference = difference_from_ours(*plain); !difference.empty()) {
    return wrong(std::move(difference));
  }

  Histogram histogram;
  const uint64_t counters = Histogram::index_of(kHistogramMax) + 1;
  uint64_t index = 0;
  int64_t number = 0;
  for (size_t offset = kHeaderBytes; offset < plain->size();) {
    if (!get_varint(*plain, offset, number)) return wrong("the encoded histogram is cut off");
    if (number < 0) {  // so many zeros; compared before it is added, so that nothing overflows
      const uint64_t zeros = 0 - static_cast<uint64_t>(number);
      // Other tools may write zeros up to the end of their longer range.
      index = zeros > kPlainBytesMax - index ? kPlainBytesMax : index + zeros;
      continue;
    }
    const auto times = static_cast<uint64_t>(number);
    if (times > 0 && index >= counters) {
      return wrong("the histogram counts values of more than an hour (in nanoseconds)");
    }
    if (times > std::numeric_limits<int64_t>::max() - histogram.count()) {
      return wrong("the histogram counts more than can be");
    }
    if (times > 0) histogram.record(Histogram::lowest_of(index), times);
    ++index;
  }
  return histogram;
}

Histogram with_clipped(const Histogram& histogram, uint64_t clipped) {
  const size_t last = Histogram::index_of(kHistogramMax);
  const uint64_t there = histogram.counters()[last];
  const uint64_t marked = std::min(clipped, there);
  Histogram result;
  histogram.for_each([&](uint64_t lowest, uint64_t, uint64_t times) {
    result.record(lowest, Histogram::index_of(lowest) == last ? times - marked : times);
  });
  result.record(kHistogramMax + 1, marked);
  return result;
}

}  // namespace echod
