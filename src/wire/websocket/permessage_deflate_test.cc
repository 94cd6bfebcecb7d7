// Compression of messages: the examples of RFC 7692 section 7.2.3, every cut of what goes in and
// every size of what comes out, the limits, and memory that is not there.
#include "wire/websocket/permessage_deflate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_faults.h"
#include "base/random.h"
#include "wire/websocket/websocket_test_util.h"

namespace echod::wire {
namespace {

using namespace std::string_literals;
using Event = CompressionStep::Event;

// What became of a message.
struct Inflated {
  std::string text;
  uint16_t close_code = 0;  // 0: it is complete
  std::string_view reason = {};

  bool operator==(const Inflated&) const = default;
};

void PrintTo(const Inflated& inflated, std::ostream* out) {
  *out << inflated.text.size() << " bytes '" << inflated.text.substr(0, 100) << "' "
       << inflated.close_code << ' ' << inflated.reason;
}

// One message, given in parts of `part_size` bytes, into pieces of `out_size`.
Inflated inflated(MessageInflater& inflater, std::string_view payload, size_t part_size,
                  size_t out_size) {
  Inflated result;
  std::vector<std::byte> out(out_size);
  const auto take = [&](const CompressionStep& step) {
    EXPECT_LE(step.size, out.size());
    result.text += text_of(std::span(out).first(step.size));
    if (step.event == Event::kError) {
      result.close_code = inflater.failure().close_code;
      result.reason = inflater.failure().reason;
    } else if (step.event == Event::kMore) {
      EXPECT_EQ(step.size, out.size());
    }
    return step.event;
  };
  while (!payload.empty()) {
    const std::string_view part = payload.substr(0, part_size);
    payload.remove_prefix(part.size());
    std::span<const std::byte> input = bytes_of(part);
    Event event = Event::kMore;
    while (event == Event::kMore) event = take(inflater.inflate(input, out));
    if (event == Event::kError) return result;
    EXPECT_EQ(event, Event::kNeedInput);
    EXPECT_TRUE(input.empty());
    EXPECT_EQ(inflater.message_size(), result.text.size());
  }
  Event event = Event::kMore;
  while (event == Event::kMore) event = take(inflater.finish(out));
  EXPECT_TRUE(event == Event::kEnd || event == Event::kError);
  return result;
}

// The last of several messages, having checked that it is the same for all parts and pieces.
Inflated inflated(const std::vector<std::string>& messages, bool context_takeover = true,
                  const InflateLimits& limits = {}) {
  const auto run = [&](size_t part_size, size_t out_size) {
    MessageInflater inflater(15, context_takeover, limits);
    Inflated last;
    for (const std::string& message : messages) {
      last = inflated(inflater, message, part_size, out_size);
    }
    return last;
  };
  const Inflated whole = run(SIZE_MAX, 4096);
  for (const size_t part_size : {1U, 2U, 3U, 5U, 8U, 1000U}) {
    for (const size_t out_size : {1U, 2U, 5U, 7U, 300U}) {
      if (whole.text.size() / out_size > 10'000) continue;  // it would take long
      EXPECT_EQ(run(part_size, out_size), whole) << part_size << ' ' << out_size;
    }
  }
  return whole;
}

std::string inflated_text(const std::vector<std::string>& messages, bool context_takeover = true) {
  const Inflated result = inflated(messages, context_takeover);
  EXPECT_EQ(result.close_code, 0) << result.reason;
  return result.text;
}

// One message, given in parts of `part_size` bytes, into pieces of `out_size`.
std::string deflated(MessageDeflater& deflater, std::string_view text, size_t part_size = SIZE_MAX,
                     size_t out_size = 4096, bool flush_parts = false) {
  std::string result;
  std::vector<std::byte> out(out_size);
  const auto take = [&](const CompressionStep& step) {
    result += text_of(std::span(out).first(step.size));
    EXPECT_NE(step.event, Event::kError);
    return step.event;
  };
  while (!text.empty()) {
    const std::string_view part = text.substr(0, part_size);
    text.remove_prefix(part.size());
    std::span<const std::byte> input = bytes_of(part);
    while (take(deflater.deflate(input, out)) == Event::kMore) {
    }
    EXPECT_TRUE(input.empty());
    while (flush_parts && take(deflater.flush(out)) == Event::kMore) {
    }
  }
  while (take(deflater.finish(out)) == Event::kMore) {
  }
  return result;
}

std::string deflated_once(std::string_view text) {
  MessageDeflater deflater({});
  return deflated(deflater, text);
}

const std::string kHello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;  // section 7.2.3.1
const std::string kHelloAgain = "\xf2\x00\x11\x00\x00"s;     // section 7.2.3.2
const std::string kHelloThird = "\x02\x13\x00\x00"s;  // zlib finds no match at a stream's start
const std::string kHelloFinal = "\xf3\x48\xcd\xc9\xc9\x07\x00"s;  // section 7.2.3.4, BFINAL set

TEST(PermessageDeflateTest, ReadsTheExamplesOfTheRfc) {
  EXPECT_EQ(inflated_text({kHello}), "Hello");
  EXPECT_EQ(inflated_text({kHello, kHelloAgain}), "Hello");
  EXPECT_EQ(inflated_text({kHello, kHello}, false), "Hello");
  EXPECT_EQ(inflated_text({"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s}), "Hello");
  EXPECT_EQ(inflated_text({kHelloFinal + "\x00"s}), "Hello");
  EXPECT_EQ(inflated_text({"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s}), "Hello");
  EXPECT_EQ(inflated_text({"\x00"s}), "");
}

TEST(PermessageDeflateTest, WritesTheExamplesOfTheRfc) {
  MessageDeflater deflater({});
  EXPECT_EQ(deflated(deflater, "Hello"), kHello);
  EXPECT_EQ(deflated(deflater, "Hello"), kHelloAgain);
  EXPECT_EQ(deflated(deflater, ""), "\x00"s);
  EXPECT_EQ(deflated(deflater, "Hello"), kHelloThird);
  MessageDeflater forgetful({.context_takeover = false});
  EXPECT_EQ(deflated(forgetful, "Hello"), kHello);
  EXPECT_EQ(deflated(forgetful, ""), "\x00"s);
  EXPECT_EQ(deflated(forgetful, "Hello"), kHello);
}

TEST(PermessageDeflateTest, KeepsTheWindowBehindALastBlock) {
  EXPECT_EQ(inflated_text({kHelloFinal + kHelloAgain}), "HelloHello");
  EXPECT_EQ(inflated_text({kHelloFinal + kHelloFinal + kHelloAgain}), "HelloHelloHello");
  EXPECT_EQ(inflated_text({kHelloFinal + "\x00"s, kHelloAgain}), "Hello");
}

TEST(PermessageDeflateTest, TheTailMayEndALastBlock) {
  EXPECT_EQ(inflated_text({"\x01"s}), "");
  EXPECT_EQ(inflated_text({"\xf2\x48\xcd\xc9\xc9\x07\x04"s}), "Hello");
  EXPECT_EQ(inflated_text({"\xf2\x48\xcd\xc9\xc9\x07\x04"s, kHelloAgain}), "Hello");
}

TEST(PermessageDeflateTest, AnEmptyPayloadIsAnEmptyMessage) {
  EXPECT_EQ(inflated_text({""}), "");
  EXPECT_EQ(inflated_text({kHello, "", kHelloAgain}), "Hello");
  EXPECT_EQ(inflated_text({kHello, "\x00"s, kHelloAgain}), "Hello");
}

TEST(PermessageDeflateTest, RefusesWhatIsNotDeflate) {
  const std::vector<std::vector<std::string>> table = {
      {"\x06"s},                           // a block of the reserved type
      {"\xff\xff\xff"s},                   //
      {"\x00\x05\x00\x00\x00Hello\x00"s},  // the length's complement is wrong
      {kHello + "\xff"s},
      {kHelloAgain},  // refers to what never was
      {"\x4b\x04\x03"s + "\x00"s},
  };
  for (const auto& messages : table) {
    const Inflated result = inflated(messages);
    EXPECT_EQ(result.close_code, 1007) << testing::PrintToString(messages) << result.text;
  }
  EXPECT_EQ(inflated({kHello, kHelloAgain}, false).close_code, 1007);
}

TEST(PermessageDeflateTest, RefusesAMessageThatIsCutOff) {
  const Inflated cut{
      .text = "Hello", .close_code = 1007, .reason = "compressed message is cut off"};
  EXPECT_EQ(inflated({kHelloFinal}), cut);                               // no block behind the last
  EXPECT_EQ(inflated({"\x00\x0a\x00\xf5\xffHello"s}).close_code, 1007);  // in a stored block
  for (size_t size = 1; size < kHello.size(); ++size) {
    EXPECT_EQ(inflated({kHello.substr(0, size)}).close_code, 1007) << size;
  }
}

// --- Both ways ----------------------------------------------------------------------------------

// Words, runs and noise, as a seed has it.
std::string text_from(Random& random, size_t size) {
  std::string text;
  while (text.size() < size) {
    switch (random.below(3)) {
      case 0:
        text += "the quick brown fox ";
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

TEST(PermessageDeflateTest, WhatIsWrittenIsReadBack) {
  Random random(7);
  for (const bool takeover : {false, true}) {
    for (const uint8_t bits : {uint8_t{9}, uint8_t{11}, uint8_t{15}}) {
      MessageDeflater deflater({.window_bits = bits, .context_takeover = takeover});
      MessageInflater inflater(bits, takeover, {});
      for (const size_t size : {1U, 100U, 0U, 32768U, 70000U, 5U, 0U, 300000U, 20U}) {
        const std::string text = text_from(random, size);
        const std::string payload =
            deflated(deflater, text, 1 + random.below(9000),
                     MessageDeflater::kOutSizeMin + random.below(500), random.chance(0.5));
        EXPECT_EQ(inflated(inflater, payload, 1 + random.below(500), 1 + random.below(5000)),
                  (Inflated{.text = text}));
      }
    }
  }
}

TEST(PermessageDeflateTest, IsWrittenTheSameForEveryPiece) {
  Random random(8);
  const std::string text = text_from(random, 3000);
  const std::string whole = deflated_once(text);
  for (size_t out_size = 64; out_size < 700; ++out_size) {
    MessageDeflater deflater({});
    const std::string payload = deflated(deflater, text, SIZE_MAX, out_size);
    // Where a piece ends just behind the flush, zlib flushes once more.
    ASSERT_TRUE(payload == whole || payload == whole + "\x00\x00\xff\xff\x00"s) << out_size;
  }
}

TEST(PermessageDeflateTest, AFlushMakesTheMessageSoFarReadable) {
  MessageDeflater deflater({});
  MessageInflater inflater(15, true, {});
  std::vector<std::byte> out(4096);
  std::vector<std::byte> text(4096);
  for (const std::string_view part : {"first", "second", ""}) {
    std::span<const std::byte> input = bytes_of(part);
    CompressionStep step = deflater.deflate(input, out);
    std::string payload = text_of(std::span(out).first(step.size));
    step = deflater.flush(out);
    EXPECT_EQ(step.event, Event::kEnd);
    payload += text_of(std::span(out).first(step.size));
    std::span<const std::byte> rest = bytes_of(payload);
    step = inflater.inflate(rest, text);
    EXPECT_EQ(text_of(std::span(text).first(step.size)), part);
  }
  const CompressionStep step = deflater.finish(out);
  EXPECT_EQ(text_of(std::span(out).first(step.size)), "\x00"s);
}

// --- Limits -------------------------------------------------------------------------------------

TEST(PermessageDeflateTest, LimitsTheMessageWhileItInflates) {
  const std::string text(1000, 'x');
  const std::string payload = deflated_once(text);
  EXPECT_EQ(inflated({payload, payload}, false, {.message_size_max = 1000}),
            (Inflated{.text = text}));
  EXPECT_EQ(inflated({payload}, true, {.message_size_max = 999}),
            (Inflated{.text = text.substr(1), .close_code = 1009, .reason = "message too big"}));
  EXPECT_EQ(inflated({payload}, true, {.message_size_max = 0}).close_code, 1009);
  EXPECT_EQ(inflated({"\x00"s}, true, {.message_size_max = 0}), Inflated{});
}

TEST(PermessageDeflateTest, LimitsTheRatio) {
  constexpr uint64_t kStep = InflateLimits::kRatioStep;
  const std::string bomb = deflated_once(std::string(4 << 20, '\0'));
  EXPECT_EQ(inflated({bomb}, true, {.ratio_max = 0}).text.size(), 4U << 20);
  EXPECT_EQ(inflated({bomb}, true, {.ratio_max = 1100, .ratio_floor = 0}).close_code, 0);
  for (const uint32_t ratio_max : {1U, 100U, 500U}) {
    const InflateLimits limits{.ratio_max = ratio_max, .ratio_floor = 4 * kStep};
    const Inflated stopped = inflated({bomb}, true, limits);
    EXPECT_EQ(stopped.close_code, 1009);
    EXPECT_EQ(stopped.reason, "message compressed too much");
    EXPECT_EQ(stopped.text.size(), 5 * kStep);  // the first step beyond the floor
  }
}

TEST(PermessageDeflateTest, TheRatioIsOfTheMessageAndBeyondItsFloor) {
  const InflateLimits limits{.ratio_max = 100, .ratio_floor = uint64_t{1} << 16};
  const std::string zeros = deflated_once(std::string(1 << 16, '\0'));
  EXPECT_EQ(inflated({zeros, zeros}, false, limits).close_code, 0);
  Random random(9);
  std::string noise;
  for (int i = 0; i < 3000; ++i) noise += static_cast<char>(random.below(256));
  // 300 times the input, with a quarter of it covered in advance.
  const std::string paid = deflated_once(noise + std::string(250'000, '\0'));
  EXPECT_EQ(inflated({paid}, true, limits).close_code, 0);
  const std::string unpaid = deflated_once(std::string(250'000, '\0') + noise);
  EXPECT_EQ(inflated({unpaid}, true, limits).close_code, 1009);
}

// --- Memory -------------------------------------------------------------------------------------

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

TEST(PermessageDeflateTest, WithoutMemoryAMessageFails) {
  const std::string payload = deflated_once("some text to inflate");
  int failures = 0;
  for (int nth = 1; nth <= 10; ++nth) {
    RefuseNth faults(nth);
    const MemoryFaultsScope scope(&faults);
    MessageInflater inflater(15, true, {});
    const Inflated result = inflated(inflater, payload, SIZE_MAX, 4);
    const bool failed = faults.count() >= nth;
    failures += failed ? 1 : 0;
    EXPECT_EQ(result.close_code, failed ? 1011 : 0) << nth << ' ' << result.reason;
  }
  EXPECT_GE(failures, 3);  // ours, zlib's state, and its window
}

TEST(PermessageDeflateTest, WithoutMemoryNothingIsDeflated) {
  int failures = 0;
  for (int nth = 1; nth <= 10; ++nth) {
    RefuseNth faults(nth);
    const MemoryFaultsScope scope(&faults);
    MessageDeflater deflater({});
    std::vector<std::byte> out(64);
    std::span<const std::byte> input = bytes_of("text");
    const CompressionStep step = deflater.deflate(input, out);
    const bool failed = faults.count() >= nth;
    failures += failed ? 1 : 0;
    EXPECT_EQ(step.event, failed ? Event::kError : Event::kNeedInput) << nth;
    EXPECT_EQ(deflater.failure().close_code, failed ? 1011 : 0) << nth;
  }
  EXPECT_GE(failures, 3);
}

TEST(PermessageDeflateTest, GivesMemoryBackWhereNoContextIsKept) {
  for (const bool takeover : {false, true}) {
    RefuseNth counter(-1);
    const MemoryFaultsScope scope(&counter);
    MessageDeflater deflater({.context_takeover = takeover});
    MessageInflater inflater(15, takeover, {});
    for (int i = 0; i < 3; ++i) {
      const int before = counter.count();
      const std::string payload = deflated(deflater, "Hello");
      EXPECT_EQ(payload, !takeover || i == 0 ? kHello : i == 1 ? kHelloAgain : kHelloThird);
      EXPECT_EQ(inflated(inflater, payload, SIZE_MAX, 64), (Inflated{.text = "Hello"}));
      EXPECT_EQ(counter.count() > before, !takeover || i == 0);
      deflater.release_memory();
      inflater.release_memory();
    }
  }
}

TEST(PermessageDeflateTest, TakesNoMemoryBeforeTheFirstMessage) {
  RefuseNth counter(-1);
  const MemoryFaultsScope scope(&counter);
  MessageDeflater deflater({});
  MessageInflater inflater(15, true, {});
  EXPECT_EQ(deflated(deflater, ""), "\x00"s);
  EXPECT_EQ(inflated(inflater, "", 1, 1), Inflated{});
  EXPECT_EQ(counter.count(), 0);
}

TEST(PermessageDeflateTest, MovesWithItsContext) {
  MessageDeflater first({});
  EXPECT_EQ(deflated(first, "Hello"), kHello);
  MessageDeflater second(std::move(first));
  EXPECT_EQ(deflated(second, "Hello"), kHelloAgain);
  MessageInflater reader(15, true, {});
  EXPECT_EQ(inflated(reader, kHello, 1, 64).text, "Hello");
  MessageInflater other(std::move(reader));
  EXPECT_EQ(inflated(other, kHelloAgain, 1, 64).text, "Hello");
}

}  // namespace
}  // namespace echod::wire
