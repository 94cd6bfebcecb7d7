#include "wire/websocket/close.h"

#include <gtest/gtest.h>

#include <string>

#include "wire/websocket/websocket_test_util.h"

namespace echod::wire {
namespace {

std::string payload_of(unsigned code, std::string_view reason = "") {
  std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  return payload.append(reason);
}

uint16_t failure_of(std::string_view payload) {
  const auto close = parse_close(bytes_of(payload));
  return close ? uint16_t{0} : close.error().close_code;
}

// RFC 6455 section 7.4, the registry, and Autobahn's 7.7 and 7.9.
bool may_be_sent(unsigned code) {
  switch (code) {
    case 1000:
    case 1001:
    case 1002:
    case 1003:
    case 1007:
    case 1008:
    case 1009:
    case 1010:
    case 1011:
    case 1012:
    case 1013:
    case 1014:
      return true;
    default:
      return code >= 3000 && code < 5000;
  }
}

TEST(WebSocketCloseTest, TakesTheCodesThatMayBeSent) {
  for (unsigned code = 0; code <= 0xffff; ++code) {
    ASSERT_EQ(close_code_is_valid(static_cast<uint16_t>(code)), may_be_sent(code)) << code;
    ASSERT_EQ(failure_of(payload_of(code)), may_be_sent(code) ? 0 : 1002) << code;
  }
}

TEST(WebSocketCloseTest, AnEmptyPayloadHasNoStatus) {
  EXPECT_EQ(parse_close({}), WebSocketClose{});
  EXPECT_EQ(WebSocketClose{}.code, 1005);
}

TEST(WebSocketCloseTest, ReadsCodeAndReason) {
  const std::string payload = payload_of(1000, "good by\xc3\xa9");
  EXPECT_EQ(parse_close(bytes_of(payload)),
            (WebSocketClose{.code = 1000, .reason = "good by\xc3\xa9"}));
}

TEST(WebSocketCloseTest, RefusesOneByte) { EXPECT_EQ(failure_of("\x03"), 1002); }

TEST(WebSocketCloseTest, RefusesAReasonThatIsNotUtf8) {
  EXPECT_EQ(failure_of(payload_of(1000, "\xff")), 1007);
  EXPECT_EQ(failure_of(payload_of(1000, "cut \xe2\x82")), 1007);
}

TEST(WebSocketCloseTest, TheCodeIsJudgedBeforeTheReason) {
  EXPECT_EQ(failure_of(payload_of(1005, "\xff")), 1002);
}

TEST(WebSocketCloseTest, WritesWhatItReads) {
  for (const std::string_view reason : {"", "x", "\xe2\x82\xac"}) {
    const ControlPayload payload = compose_close(close_code::kGoingAway, reason);
    EXPECT_EQ(payload.text(), payload_of(1001, reason));
    EXPECT_EQ(parse_close(payload.bytes()), (WebSocketClose{.code = 1001, .reason = reason}));
  }
  EXPECT_EQ(compose_close(close_code::kNoStatus, "ignored").size(), 0U);
}

TEST(WebSocketCloseTest, CutsALongReasonAtACharacter) {
  const std::string longest(kCloseReasonSizeMax, 'x');
  EXPECT_EQ(compose_close(1000, longest).text(), payload_of(1000, longest));
  EXPECT_EQ(compose_close(1000, longest + "y").text(), payload_of(1000, longest));
  for (size_t ascii = 118; ascii <= 123; ++ascii) {
    const std::string start(ascii, 'x');
    const ControlPayload payload = compose_close(1000, start + "\xf0\x9f\x98\x80more");
    const bool fits = ascii + 4 <= kCloseReasonSizeMax;
    const std::string more = std::string("\xf0\x9f\x98\x80more").substr(0, 123 - ascii);
    EXPECT_EQ(payload.text(), payload_of(1000, fits ? start + more : start)) << ascii;
    EXPECT_TRUE(parse_close(payload.bytes())) << ascii;
  }
}

TEST(WebSocketCloseDeathTest, NeverSendsWhatItWouldRefuse) {
  EXPECT_DEATH(compose_close(1006), "check failed");
  EXPECT_DEATH(compose_close(1000, "\xff"), "check failed");
}

TEST(ControlPayloadTest, HoldsUpToItsLimit) {
  ControlPayload payload;
  payload.append(std::string(100, 'a'));
  payload.append(std::string(25, 'b'));
  EXPECT_EQ(payload.text(), std::string(100, 'a') + std::string(25, 'b'));
  EXPECT_DEATH(payload.append("c"), "check failed");
  payload.clear();
  EXPECT_EQ(payload.text(), "");
}

}  // namespace
}  // namespace echod::wire
