// Frames as RFC 6455 has them: the examples of its section 5.7, each rule for a head with the byte
// that breaks it, the limits, and what is written being read back.
#include "wire/websocket/frame.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "wire/websocket/websocket_test_util.h"

namespace echod::wire {
namespace {

using namespace std::string_literals;

constexpr WebSocketMask kMask = {std::byte{0x37}, std::byte{0xfa}, std::byte{0x21},
                                 std::byte{0x3d}};

// A frame as a client sends it.
std::string masked(WebSocketFrame frame, std::string_view payload) {
  frame.size = payload.size();
  std::string bytes(encode_frame_head(frame, kMask).text());
  std::string body(payload);
  apply_mask(std::as_writable_bytes(std::span(body)), kMask, 0);
  return bytes + body;
}

std::string masked(WebSocketOpcode opcode, std::string_view payload, bool fin = true) {
  return masked({.opcode = opcode, .fin = fin}, payload);
}

constexpr auto kText = WebSocketOpcode::kText;
constexpr auto kBinary = WebSocketOpcode::kBinary;
constexpr auto kMore = WebSocketOpcode::kContinuation;
constexpr auto kPing = WebSocketOpcode::kPing;

TEST(WebSocketFrameTest, ReadsTheExamplesOfTheRfc) {
  const auto client = WebSocketRole::kClient;
  EXPECT_EQ(decoded("\x81\x05\x48\x65\x6c\x6c\x6f", client), "text5(Hello) ");
  EXPECT_EQ(decoded("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "text5(Hello) ");
  EXPECT_EQ(decoded("\x01\x03\x48\x65\x6c\x80\x02\x6c\x6f", client), "text+3(Hel) more2(lo) ");
  EXPECT_EQ(decoded("\x89\x05\x48\x65\x6c\x6c\x6f", client), "ping(Hello) ");
  EXPECT_EQ(decoded("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "pong(Hello) ");
  const std::string data(256, 'd');
  EXPECT_EQ(decoded("\x82\x7e\x01\x00"s + data, client), "binary256(" + data + ") ");
  FrameFeeder large(client);
  large.feed("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s);
  EXPECT_EQ(large.said(), "binary65536(");
}

TEST(WebSocketFrameTest, ReadsFramesOneAfterAnother) {
  const std::string bytes = masked(kText, "") + masked(kBinary, "two") + masked(kPing, "") +
                            masked(kText, "a", false) + masked(kPing, "between") +
                            masked(kMore, "", false) + masked(kMore, "bc") +
                            masked(WebSocketOpcode::kClose, "\x03\xe8"s);
  EXPECT_EQ(decoded(bytes),
            "text0() binary3(two) ping() text+1(a) ping(between) more+0() more2(bc) "
            "close(\x03\xe8) ");
}

TEST(WebSocketFrameTest, SaysWhatTheMessageIs) {
  FrameFeeder feeder(WebSocketRole::kServer, true);
  feeder.feed(masked({.opcode = kText, .fin = false, .compressed = true}, "a"));
  feeder.feed(masked(kPing, "x"));
  feeder.feed(masked(kMore, "b", false));
  EXPECT_EQ(feeder.decoder().message_opcode(), kText);
  EXPECT_TRUE(feeder.decoder().message_compressed());
  feeder.feed(masked(kMore, "c") + masked(kBinary, "d", false));
  EXPECT_EQ(feeder.decoder().message_opcode(), kBinary);
  EXPECT_FALSE(feeder.decoder().message_compressed());
  EXPECT_EQ(feeder.said(), "text+*1(a) ping(x) more+1(b) more1(c) binary+1(d) ");
}

TEST(WebSocketFrameTest, KnowsWhetherSomethingIsUnderWay) {
  FrameFeeder feeder;
  EXPECT_FALSE(feeder.decoder().in_frame() || feeder.decoder().in_message());
  feeder.feed("\x01");
  EXPECT_TRUE(feeder.decoder().in_frame());
  EXPECT_FALSE(feeder.decoder().in_message());
  feeder.feed(masked(kText, "a", false).substr(1));
  EXPECT_FALSE(feeder.decoder().in_frame());
  EXPECT_TRUE(feeder.decoder().in_message());
  feeder.feed(masked(kMore, "b").substr(0, 6));
  EXPECT_TRUE(feeder.decoder().in_frame());
  feeder.feed(masked(kMore, "b").substr(6));
  EXPECT_FALSE(feeder.decoder().in_frame() || feeder.decoder().in_message());
}

TEST(WebSocketFrameTest, HandsOutPayloadsWhereTheyLie) {
  std::string bytes = masked(kBinary, "Hello, world");
  std::span<std::byte> input = std::as_writable_bytes(std::span(bytes));
  const std::byte* begin = input.data() + 6;
  WebSocketDecoder decoder(WebSocketRole::kServer, false, {});
  ASSERT_EQ(decoder.next(input), WebSocketDecoder::Event::kFrame);
  ASSERT_EQ(decoder.next(input), WebSocketDecoder::Event::kPayload);
  EXPECT_EQ(decoder.payload().data(), begin);
  EXPECT_EQ(text_of(decoder.payload()), "Hello, world");
}

// --- Rules of the head --------------------------------------------------------------------------

TEST(WebSocketFrameTest, RefusesEveryFirstByteThatIsNotAllowed) {
  for (const bool compression : {false, true}) {
    for (const bool open : {false, true}) {
      for (unsigned first = 0; first < 256; ++first) {
        const unsigned opcode = first & 15;
        const bool control = opcode >= 8;
        const bool known = opcode <= 2 || (opcode >= 8 && opcode <= 10);
        const bool fits = control || (open == (opcode == 0));
        const bool rsv1_right =
            (first & 0x40) == 0 || (compression && (opcode == 1 || opcode == 2));
        const bool right =
            known && fits && rsv1_right && (first & 0x30) == 0 && (!control || (first & 0x80) != 0);
        FrameFeeder feeder(WebSocketRole::kServer, compression);
        if (open) feeder.feed(masked(kText, "x", false));
        const size_t before = feeder.said().size();
        feeder.feed(std::string(1, static_cast<char>(first)));
        const std::string said = feeder.said().substr(before);
        ASSERT_EQ(said.starts_with(open ? "1002@8 " : "1002@1 "), !right) << first << said;
        ASSERT_EQ(said.empty(), right) << first;
      }
    }
  }
}

TEST(WebSocketFrameTest, SaysWhichRuleWasBroken) {
  const std::string open = masked(kText, "a", false);
  const struct {
    std::string bytes;
    std::string_view said;
  } kTable[] = {
      {"\xc1", "1002@1 reserved bit set"},
      {"\xa1", "1002@1 reserved bit set"},
      {"\x83", "1002@1 reserved opcode"},
      {"\x8f", "1002@1 reserved opcode"},
      {"\x09", "1002@1 fragmented control frame"},
      {"\x80", "1002@1 continuation without a message"},
      {masked(kText, "") + "\x80", "text0() 1002@7 continuation without a message"},
      {open + "\x82", "text+1(a) 1002@8 new message inside a fragmented message"},
      {"\x81\x05", "1002@2 unmasked frame"},
      {"\x89\xfe", "1002@2 control frame too long"},
      {"\x88\xff", "1002@2 control frame too long"},
      {"\x82\xfe\x00\x7d"s, "1002@4 length not in its shortest form"},
      {"\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff"s, "1002@10 length not in its shortest form"},
      {"\x82\xff\x80"s, "1002@3 length with its top bit set"},
      {"\x82\xff\x00\x00\x00\x00\x04\x00\x00\x01"s, "1009@10 frame too big"},
  };
  for (const auto& [bytes, said] : kTable) EXPECT_EQ(decoded(bytes + "behind it"), said);
}

TEST(WebSocketFrameTest, AClientRefusesMaskedFrames) {
  EXPECT_EQ(decoded(masked(kText, "x"), WebSocketRole::kClient), "1002@2 masked frame");
  EXPECT_EQ(decoded(masked(kPing, "x"), WebSocketRole::kClient), "1002@2 masked frame");
}

TEST(WebSocketFrameTest, TakesTheSizesAtTheBorders) {
  for (const size_t size : {0U, 1U, 125U, 126U, 127U, 255U, 256U, 65535U, 65536U, 70000U}) {
    const std::string payload(size, 'p');
    FrameFeeder feeder;
    feeder.feed(masked(kBinary, payload));
    ASSERT_EQ(feeder.said(), "binary" + std::to_string(size) + "(" + payload + ") ");
    const size_t head_size = encode_frame_head({.size = size}).bytes().size();
    EXPECT_EQ(head_size, size < 126 ? 2U : size < 65536 ? 4U : 10U);
  }
  EXPECT_EQ(decoded(masked(kPing, std::string(125, 'p'))), "ping(" + std::string(125, 'p') + ") ");
}

// --- Limits -------------------------------------------------------------------------------------

std::string limited(const WebSocketLimits& limits, std::string_view bytes) {
  return decoded(bytes, WebSocketRole::kServer, false, limits);
}

TEST(WebSocketFrameTest, LimitsTheFrame) {
  const WebSocketLimits limits{.frame_size_max = 200};
  const std::string most(200, 'x');
  EXPECT_EQ(limited(limits, masked(kText, most)), "text200(" + most + ") ");
  EXPECT_EQ(limited(limits, masked(kText, most + "x")), "1009@4 frame too big");
  EXPECT_EQ(limited({.frame_size_max = 0}, masked(kPing, "ping") + masked(kText, "x")),
            "ping(ping) 1009@12 frame too big");
}

TEST(WebSocketFrameTest, LimitsTheMessage) {
  const WebSocketLimits limits{.message_size_max = 5};
  const std::string three = masked(kText, "abc", false);
  EXPECT_EQ(limited(limits, three + masked(kMore, "de") + masked(kText, "abcde")),
            "text+3(abc) more2(de) text5(abcde) ");
  EXPECT_EQ(limited(limits, three + masked(kPing, "long ping") + masked(kMore, "def")),
            "text+3(abc) ping(long ping) 1009@26 message too big");
  EXPECT_EQ(limited(limits, masked(kText, "abcdef")), "1009@2 message too big");
  EXPECT_EQ(limited(limits, three + masked(kMore, "d", false) + masked(kMore, "ef")),
            "text+3(abc) more+1(d) 1009@18 message too big");
}

TEST(WebSocketFrameTest, LimitsTheFragments) {
  const WebSocketLimits limits{.fragment_count_max = 3};
  const std::string two = masked(kText, "", false) + masked(kMore, "", false);
  const std::string said = "text+0() more+0() ";
  EXPECT_EQ(limited(limits, two + masked(kMore, "") + two + masked(kPing, "") + masked(kMore, "")),
            said + "more0() " + said + "ping() more0() ");
  EXPECT_EQ(limited(limits, two + masked(kMore, "", false) + masked(kMore, "")),
            said + "more+0() 1009@19 too many fragments");
}

// --- Writing ------------------------------------------------------------------------------------

TEST(WebSocketFrameTest, WritesTheExamplesOfTheRfc) {
  EXPECT_EQ(encode_frame_head({.opcode = kText, .size = 5}).text(), "\x81\x05");
  EXPECT_EQ(masked(kText, "Hello"), "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  EXPECT_EQ(encode_frame_head({.opcode = kText, .fin = false, .size = 3}).text(), "\x01\x03");
  EXPECT_EQ(encode_frame_head({.opcode = kMore, .size = 2}).text(), "\x80\x02");
  EXPECT_EQ(encode_frame_head({.size = 256}).text(), "\x82\x7e\x01\x00"s);
  EXPECT_EQ(encode_frame_head({.size = 65536}).text(), "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s);
  EXPECT_EQ(encode_frame_head({.opcode = kText, .compressed = true, .size = 7}).text(), "\xc1\x07");
}

TEST(WebSocketFrameTest, WritesControlFrames) {
  std::array<std::byte, kControlFrameSizeMax> out;
  const auto written = [&](std::string_view payload, const std::optional<WebSocketMask>& mask) {
    return text_of(std::span(out).first(write_control_frame(out, kPing, bytes_of(payload), mask)));
  };
  EXPECT_EQ(written("Hello", std::nullopt), "\x89\x05Hello");
  EXPECT_EQ(written("Hello", kMask), masked(kPing, "Hello"));
  const std::string most(125, 'x');
  EXPECT_EQ(written(most, kMask), masked(kPing, most));
  EXPECT_EQ(written("", std::nullopt), "\x89\x00"s);
}

TEST(WebSocketFrameTest, MasksFromEveryOffset) {
  for (size_t offset = 0; offset < 12; ++offset) {
    for (size_t size = 0; size < 40; ++size) {
      std::vector<std::byte> bytes(size + 2, std::byte{0x55});
      apply_mask(std::span(bytes).subspan(1, size), kMask, offset);
      EXPECT_EQ(bytes.front(), std::byte{0x55});
      EXPECT_EQ(bytes.back(), std::byte{0x55});
      for (size_t i = 0; i < size; ++i) {
        ASSERT_EQ(bytes[i + 1], std::byte{0x55} ^ kMask[(offset + i) % 4]) << offset << '+' << i;
      }
    }
  }
}

TEST(WebSocketFrameDeathTest, NeverWritesWhatItWouldRefuse) {
  EXPECT_DEATH(encode_frame_head({.opcode = kPing, .size = 126}), "check failed");
  EXPECT_DEATH(encode_frame_head({.opcode = kPing, .fin = false}), "check failed");
  EXPECT_DEATH(encode_frame_head({.opcode = kMore, .compressed = true}), "check failed");
  EXPECT_DEATH(encode_frame_head({.size = uint64_t{1} << 63}), "check failed");
}

}  // namespace
}  // namespace echod::wire
