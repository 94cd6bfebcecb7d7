// Encoding of contents, read back with the libraries' decoders: every cut of what goes in and many
// sizes of what comes out, flushes, the memory that is held, and memory that is not there.
#include "wire/coding/content_encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/memory_faults.h"
#include "base/random.h"
#include "wire/coding/content_decoder_test_util.h"

namespace echod::wire {
namespace {

using enum ContentCoding;

// What a call that is made again until it is done has written. Nothing: no memory.
template <typename Call>
std::optional<std::string> written(size_t out_size, Call call) {
  std::string text;
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(out_size);
  const std::span<std::byte> out(buffer.get(), out_size);
  for (;;) {
    const Result<EncoderStep> step = call(out);
    if (!step) {
      EXPECT_EQ(step.error().code, Errc::kNoMemory);
      return std::nullopt;
    }
    EXPECT_LE(step->size, out.size());
    EXPECT_TRUE(step->done || step->size == out.size());
    text.append(reinterpret_cast<const char*>(out.data()), step->size);
    if (step->done) return text;
  }
}

std::optional<std::string> encode(ContentEncoder& encoder, std::string_view part, size_t out_size) {
  std::span<const std::byte> input = std::as_bytes(std::span(part));
  auto text =
      written(out_size, [&](std::span<std::byte> out) { return encoder.encode(input, out); });
  EXPECT_TRUE(!text || input.empty());
  return text;
}

std::optional<std::string> flush(ContentEncoder& encoder, size_t out_size) {
  return written(out_size, [&](std::span<std::byte> out) { return encoder.flush(out); });
}

std::optional<std::string> finish(ContentEncoder& encoder, size_t out_size) {
  return written(out_size, [&](std::span<std::byte> out) { return encoder.finish(out); });
}

// All of it, in parts of `part_size`.
std::optional<std::string> encode_all(ContentEncoder& encoder, std::string_view content,
                                      size_t part_size = SIZE_MAX, size_t out_size = 4096) {
  std::string result;
  while (!content.empty()) {
    const std::string_view part = content.substr(0, part_size);
    content.remove_prefix(part.size());
    const auto text = encode(encoder, part, out_size);
    if (!text) return std::nullopt;
    result += *text;
  }
  const auto text = finish(encoder, out_size);
  if (!text) return std::nullopt;
  return result + *text;
}

// Words, runs and noise, as a seed has it.
std::string mixture(Random& random, size_t size) {
  std::string text;
  while (text.size() < size) {
    switch (random.below(3)) {
      case 0:
        text += "{\"name\": \"the quick brown fox\", \"id\": " + std::to_string(random.below(5000));
        break;
      case 1:
        text.append(random.below(500), static_cast<char>(random.below(256)));
        break;
      default:
        for (int i = 0; i < 30; ++i) text += static_cast<char>(random.below(256));
    }
  }
  text.resize(size);
  return text;
}

std::string noise(Random& random, size_t size, uint64_t letters) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>('a' + random.below(letters));
  return text;
}

// Many short matches between single letters, which need the most of a library's tables.
std::string short_matches(Random& random, size_t size) {
  const std::string words = noise(random, 4096, 256);
  std::string text;
  while (text.size() < size) {
    text += words.substr(random.below(words.size() - 6), 4 + random.below(2));
    text += static_cast<char>(random.below(256));
  }
  return text;
}

TEST(ContentEncoderTest, WhatIsWrittenIsReadBack) {
  Random random(1);
  for (const ContentCoding coding : kContentCodings) {
    for (const size_t size : {size_t{0}, size_t{1}, size_t{65536}, size_t{5} << 20}) {
      const std::string content = mixture(random, size);
      ContentEncoder encoder(coding);
      std::string result;
      for (std::string_view rest = content; !rest.empty();) {
        const std::string_view part = rest.substr(0, random.spread(100'000) - random.below(2));
        rest.remove_prefix(part.size());
        const size_t out_size = ContentEncoder::kOutSizeMin + random.below(30'000);
        result += encode(encoder, part, out_size).value();
        if (random.chance(0.1)) result += flush(encoder, out_size).value();
      }
      result += finish(encoder, ContentEncoder::kOutSizeMin + random.below(30'000)).value();
      ASSERT_TRUE(decoded_content(coding, result) == content) << name_of(coding) << ' ' << size;
      if (size > 1 && coding != kIdentity) {
        EXPECT_LT(result.size(), content.size() / 2);
      }
    }
  }
}

TEST(ContentEncoderTest, IsWrittenTheSameForEveryCut) {
  Random random(2);
  const std::string content = mixture(random, 300'000);
  const std::vector<std::pair<size_t, size_t>> cuts = {
      // in and out
      {7, 1001}, {1000, 32}, {30'000, 30'000}, {65'536, 1 << 20}, {65'537, 33}, {200'000, 4095}};
  for (const ContentCoding coding : kContentCodings) {
    const std::string whole = encoded(coding, content).value();
    EXPECT_TRUE(decoded_content(coding, whole) == content) << name_of(coding);
    for (const auto& [part_size, out_size] : cuts) {
      ContentEncoder encoder(coding);
      const auto cut = encode_all(encoder, content, part_size, out_size);
      ASSERT_TRUE(cut == whole) << name_of(coding) << ' ' << part_size << ' ' << out_size;
    }
  }
}

TEST(ContentEncoderTest, FormatsAreThoseOfTheCodings) {
  const std::string content = "some content";
  EXPECT_EQ(encoded(kIdentity, content), content);
  EXPECT_TRUE(encoded(kGzip, content)->starts_with("\x1f\x8b\x08"));
  EXPECT_TRUE(encoded(kDeflate, content)->starts_with('\x78'));  // RFC 1950: CM 8, 32 KiB
  EXPECT_TRUE(encoded(kZstd, content)->starts_with("\x28\xb5\x2f\xfd"));
  EXPECT_EQ(encoded(kIdentity, ""), "");
  for (const ContentCoding coding : {kGzip, kDeflate, kBrotli, kZstd}) {
    EXPECT_FALSE(encoded(coding, "")->empty());
    EXPECT_EQ(decoded_content(coding, *encoded(coding, "")), "");
  }
}

TEST(ContentEncoderTest, AFlushMakesAllThatWasGivenReadable) {
  Random random(3);
  for (const ContentCoding coding : kContentCodings) {
    for (const size_t out_size : {size_t{32}, size_t{4096}}) {
      ContentEncoder encoder(coding);
      ContentDecoder decoder(coding);
      std::string content;
      for (int i = 0; i < 60; ++i) {
        std::string part = "event: tick\ndata: " + std::to_string(i) + "\n\n";
        if (i % 7 == 3) part = mixture(random, random.below(3000));
        if (i % 20 == 19) part = mixture(random, 150'000);
        content += part;
        std::string sent = encode(encoder, part, out_size).value();
        sent += flush(encoder, out_size).value();
        ASSERT_TRUE(decoder.feed(sent));
        ASSERT_TRUE(decoder.text() == content) << name_of(coding) << ' ' << i;
        EXPECT_TRUE(coding == kIdentity || !decoder.complete());
      }
      ASSERT_TRUE(decoder.feed(finish(encoder, out_size).value()));
      EXPECT_TRUE(decoder.complete());
      EXPECT_TRUE(decoder.text() == content);
    }
  }
}

TEST(ContentEncoderTest, AFlushOfNothingWritesNothing) {
  for (const ContentCoding coding : kContentCodings) {
    ContentEncoder encoder(coding);
    EXPECT_EQ(flush(encoder, 100), "");
    std::string sent = encode(encoder, "", 100).value();  // maybe the coding's head
    EXPECT_EQ(flush(encoder, 100), "");
    sent += encode(encoder, "text", 100).value();
    sent += flush(encoder, 100).value();
    EXPECT_EQ(flush(encoder, 100), "");
    EXPECT_EQ(flush(encoder, 100), "");
    sent += finish(encoder, 100).value();
    EXPECT_EQ(decoded_content(coding, sent), "text") << name_of(coding);
  }
}

TEST(ContentEncoderTest, CanBeMovedInTheMiddle) {
  Random random(4);
  const std::string content = mixture(random, 200'000);
  for (const ContentCoding coding : kContentCodings) {
    ContentEncoder first(coding);
    std::string sent = encode(first, std::string_view(content).substr(0, 100'000), 500).value();
    ContentEncoder second(std::move(first));
    ContentEncoder third(kIdentity);
    third = std::move(second);
    EXPECT_EQ(third.coding(), coding);
    sent += encode_all(third, std::string_view(content).substr(100'000)).value();
    EXPECT_TRUE(decoded_content(coding, sent) == content) << name_of(coding);
  }
}

// --- Memory -------------------------------------------------------------------------------------

// The figures of the header.
struct Held {
  ContentCoding coding;
  size_t size_max;  // KiB
};

TEST(ContentEncoderTest, HoldsAsMuchMemoryAsItSays) {
  constexpr size_t kSize = size_t{1} << 19;
  Random random(5);
  const std::vector<std::string> contents = {
      mixture(random, 3 * kSize),   noise(random, kSize, 256),
      noise(random, kSize, 3),      noise(random, kSize, 16),
      std::string(kSize, 'x'),      "x",
      short_matches(random, kSize), noise(random, 70'000, 256) + "aaa",
  };
  for (const Held held : {Held{kIdentity, 0}, Held{kGzip, 262}, Held{kDeflate, 262},
                          Held{kBrotli, 1900}, Held{kZstd, 1146}}) {
    size_t peak = 0;
    for (const std::string& content : contents) {
      for (const size_t part_size : {SIZE_MAX, size_t{30'000}}) {
        ContentEncoder encoder(held.coding);
        ASSERT_TRUE(encode_all(encoder, content, part_size).has_value());
        peak = std::max(peak, encoder.memory_size_peak());
      }
    }
    RecordProperty(std::string(name_of(held.coding)), std::to_string(peak));
    EXPECT_LE(peak, held.size_max << 10) << name_of(held.coding);
    EXPECT_GE(peak, (held.size_max << 10) * 9 / 10) << name_of(held.coding);
  }
}

// Refuses the nth question, and counts them.
class RefuseNth final : public MemoryFaults {
 public:
  explicit RefuseNth(int nth) : nth_(nth) {}
  bool refuses_memory() noexcept override { return ++count_ == nth_; }
  int count() const { return count_; }

 private:
  int nth_;
  int count_ = 0;
};

// Wherever an allocation fails, at the start, in the middle or at the end, the error is reported,
// also of what follows, and nothing is left behind (which LeakSanitizer sees).
TEST(ContentEncoderTest, WithoutMemoryItFails) {
  Random random(6);
  const std::string content = mixture(random, 200'000);
  for (const ContentCoding coding : kContentCodings) {
    int failures = 0;
    for (int nth = 1;; ++nth) {
      RefuseNth faults(nth);
      ContentEncoder encoder(coding);
      std::optional<std::string> sent;
      {
        const MemoryFaultsScope scope(&faults);
        sent = encode_all(encoder, content, 30'000);
      }
      if (faults.count() < nth) {
        EXPECT_TRUE(decoded_content(coding, sent.value()) == content);
        break;
      }
      ++failures;
      ASSERT_EQ(sent, std::nullopt) << name_of(coding) << ' ' << nth;
      EXPECT_EQ(encode(encoder, "more", 100), std::nullopt);
      EXPECT_EQ(flush(encoder, 100), std::nullopt);
      EXPECT_EQ(finish(encoder, 100), std::nullopt);
    }
    EXPECT_GE(failures, coding == kIdentity ? 1 : 3) << name_of(coding);
  }
}

TEST(ContentEncoderTest, WithoutMemoryAnEmptyContentFails) {
  for (const ContentCoding coding : kContentCodings) {
    RefuseNth faults(1);
    const MemoryFaultsScope scope(&faults);
    ContentEncoder encoder(coding);
    EXPECT_EQ(finish(encoder, 100), std::nullopt);
    EXPECT_EQ(flush(encoder, 100), std::nullopt);
    RefuseNth again(2);
    const MemoryFaultsScope inner(&again);
    const Result<std::string> result = encoded(coding, "");
    EXPECT_EQ(result.has_value(), coding == kIdentity);
  }
}

}  // namespace
}  // namespace echod::wire
