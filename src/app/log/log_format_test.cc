// Whatever bytes a line is made of, it stays one line without a control character, and a program
// that reads it gets the values back.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/log/log.h"

namespace echod {
namespace {

using namespace std::string_view_literals;

// 2009-02-13 23:31:30.042 UTC.
const std::chrono::system_clock::time_point kTime{std::chrono::milliseconds(1'234'567'890'042)};

constexpr LogFormat kFormats[] = {LogFormat::kText, LogFormat::kLogfmt, LogFormat::kJson};

LogLine received_line() {
  return {.level = LogLevel::kInfo,
          .event = "received",
          .peer = "127.0.0.1:5000",
          .text = "Received 21 bytes, echoing back",
          .fields = {}};
}

TEST(LogFormatTest, Text) {
  LogLine line = received_line();
  EXPECT_EQ(format_line(LogFormat::kText, line, kTime),
            "[127.0.0.1:5000] Received 21 bytes, echoing back");
  line.peer = {};
  EXPECT_EQ(format_line(LogFormat::kText, line, kTime), "Received 21 bytes, echoing back");
}

TEST(LogFormatTest, Logfmt) {
  EXPECT_EQ(
      format_line(LogFormat::kLogfmt,
                  {.level = LogLevel::kWarning,
                   .event = "e",
                   .peer = "[::1]:1",
                   .text = "say \"hi\"",
                   .fields = {{"word", "plain"sv},
                              {"empty", ""sv},
                              {"path", "a\\b"sv},
                              {"count", uint64_t{18446744073709551615u}},
                              {"seconds", 1.25}}},
                  kTime),
      R"(time=2009-02-13T23:31:30.042Z level=warning event=e peer=[::1]:1 word=plain empty="")"
      R"( path="a\\b" count=18446744073709551615 seconds=1.250 message="say \"hi\"")");
}

TEST(LogFormatTest, Json) {
  EXPECT_EQ(format_line(LogFormat::kJson,
                        {.level = LogLevel::kError,
                         .event = "e",
                         .peer = {},
                         .text = "say \"hi\"",
                         .fields = {{"reason", "reset"sv},
                                    {"count", uint64_t{18446744073709551615u}},
                                    {"seconds", 1.25}}},
                        kTime),
            R"({"time":"2009-02-13T23:31:30.042Z","level":"error","event":"e","reason":"reset",)"
            R"("count":18446744073709551615,"seconds":1.25,"message":"say \"hi\""})");
}

TEST(LogFormatTest, Levels) {
  auto named = [](LogLevel level) {
    LogLine line = received_line();
    line.level = level;
    return nlohmann::json::parse(format_line(LogFormat::kJson, line, kTime))["level"];
  };
  EXPECT_EQ(named(LogLevel::kDebug), "debug");
  EXPECT_EQ(named(LogLevel::kInfo), "info");
  EXPECT_EQ(named(LogLevel::kWarning), "warning");
  EXPECT_EQ(named(LogLevel::kError), "error");
}

// Bytes that have ended a line, forged one or commanded a terminal somewhere.
std::vector<std::string> hostile_values() {
  std::vector<std::string> values;
  for (int byte = 0; byte < 256; ++byte) values.emplace_back(1, static_cast<char>(byte));
  for (int byte = 0; byte < 256; ++byte) {
    values.push_back("a" + std::string(1, static_cast<char>(byte)) + "b");
    values.push_back("\xc2" + std::string(1, static_cast<char>(byte)));
  }
  for (std::string_view value : {"a\r\n[1.2.3.4:5] Connection established"sv,
                                 "\x1b[2J\x1b]0;title\x07"sv,
                                 "\"} {\""sv,
                                 "\" event=forged x=\""sv,
                                 "\\"sv,
                                 "\\n"sv,
                                 "\\\""sv,
                                 "=="sv,
                                 " "sv,
                                 "\xc3\xa9"sv,              // e with an acute accent
                                 "\xe2\x82\xac"sv,          // the euro sign
                                 "\xf0\x9f\x98\x80"sv,      // an emoji
                                 "\xc2\x85"sv,              // next line, C1
                                 "\xc2\x9b"sv,              // control sequence introducer, C1
                                 "\xc0\x8a"sv,              // newline, overlong
                                 "\xe0\x80\x8a"sv,          // newline, more overlong
                                 "\xf0\x80\x80\x8a"sv,      // newline, most overlong
                                 "\xed\xa0\x80"sv,          // a surrogate
                                 "\xf4\x90\x80\x80"sv,      // beyond U+10FFFF
                                 "\xf8\x88\x80\x80\x80"sv,  // five bytes
                                 "\xe2\x82"sv,
                                 "\xf0\x9f\x98"sv,
                                 "\xc3"sv,
                                 "\x80"sv,
                                 "\xff\xfe"sv}) {
    values.emplace_back(value);
  }
  return values;
}

// The code points of `text`, or nothing when it is not UTF-8. Written apart from the code under
// test, and slow.
std::optional<std::vector<uint32_t>> decode_utf8(std::string_view text) {
  std::vector<uint32_t> points;
  while (!text.empty()) {
    auto byte = [&](size_t i) {
      return static_cast<uint32_t>(static_cast<unsigned char>(text[i]));
    };
    size_t size = byte(0) < 0x80   ? 1
                  : byte(0) < 0xc0 ? 0
                  : byte(0) < 0xe0 ? 2
                  : byte(0) < 0xf0 ? 3
                                   : 4;
    if (size == 0 || byte(0) >= 0xf8 || size > text.size()) return std::nullopt;
    constexpr uint32_t kLeadMasks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t point = byte(0) & kLeadMasks[size];
    for (size_t i = 1; i < size; ++i) {
      if ((byte(i) & 0xc0) != 0x80) return std::nullopt;
      point = point << 6 | (byte(i) & 0x3f);
    }
    bool surrogate = point >= 0xd800 && point <= 0xdfff;
    if (point < kSmallest[size] || point > 0x10ffff || surrogate) return std::nullopt;
    points.push_back(point);
    text.remove_prefix(size);
  }
  return points;
}

// One line of well-formed text that no terminal obeys.
void expect_harmless(const std::string& line) {
  std::optional<std::vector<uint32_t>> points = decode_utf8(line);
  ASSERT_TRUE(points) << line;
  for (uint32_t point : *points) {
    EXPECT_FALSE(point < 0x20 || (point >= 0x7f && point < 0xa0)) << point << " in " << line;
  }
}

TEST(LogFormatTest, NoValueForgesALineOrCommandsATerminal) {
  for (const std::string& value : hostile_values()) {
    for (LogFormat format : kFormats) {
      expect_harmless(
          format_line(format, {.event = "e", .peer = value, .text = "t", .fields = {}}, kTime));
      expect_harmless(
          format_line(format, {.event = "e", .peer = {}, .text = value, .fields = {}}, kTime));
      expect_harmless(format_line(
          format,
          {.event = value, .peer = {}, .text = "t", .fields = {{"k", std::string_view(value)}}},
          kTime));
      ASSERT_FALSE(HasFailure());
    }
  }
}

TEST(LogFormatTest, JsonGivesValuesBack) {
  for (const std::string& value : hostile_values()) {
    const nlohmann::json json = nlohmann::json::parse(format_line(
        LogFormat::kJson,
        {.event = "e", .peer = value, .text = value, .fields = {{"k", std::string_view(value)}}},
        kTime));
    EXPECT_EQ(json.size(), value.empty() ? 5u : 6u);
    if (!decode_utf8(value)) continue;  // broken bytes become U+FFFD
    EXPECT_EQ(json["peer"], value);
    EXPECT_EQ(json["message"], value);
    EXPECT_EQ(json["k"], value);
  }
}

TEST(LogFormatTest, JsonStringsAreWrittenAsALibraryWritesThem) {
  for (const std::string& value : hostile_values()) {
    const std::string line = format_line(
        LogFormat::kJson, {.event = "e", .peer = {}, .text = value, .fields = {}}, kTime);
    const std::string theirs =
        nlohmann::json(value).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    EXPECT_TRUE(line.ends_with(",\"message\":" + theirs + "}")) << line << " not " << theirs;
  }
}

// The value of the logfmt field that begins `rest`, with its quotes and escapes undone, taken off.
std::string take_value(std::string_view& rest) {
  if (!rest.starts_with('"')) {
    size_t end = std::min(rest.find(' '), rest.size());
    std::string value(rest.substr(0, end));
    rest.remove_prefix(end);
    return value;
  }
  std::string value;
  rest.remove_prefix(1);
  while (!rest.empty() && rest.front() != '"') {
    char c = rest.front();
    rest.remove_prefix(1);
    if (c == '\\' && !rest.empty()) {
      char escaped = rest.front();
      rest.remove_prefix(1);
      c = escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
      if (escaped == 'x') {
        c = static_cast<char>(std::stoi(std::string(rest.substr(0, 2)), nullptr, 16));
        rest.remove_prefix(2);
      }
    }
    value += c;
  }
  if (!rest.empty()) rest.remove_prefix(1);
  return value;
}

TEST(LogFormatTest, Objects) {
  const LogObject::Member members[] = {
      {"POD", "web 1"}, {"NODE", std::nullopt}, {"ZONE", "\xc3\xa9\n"}};
  const LogLine line{.level = LogLevel::kInfo,
                     .event = "e",
                     .peer = {},
                     .text = "t",
                     .fields = {{"environment", LogObject{members}}}};
  EXPECT_TRUE(
      format_line(LogFormat::kLogfmt, line, kTime)
          .ends_with(R"( event=e environment.POD="web 1" environment.ZONE="é\n" message=t)"));
  EXPECT_TRUE(format_line(LogFormat::kJson, line, kTime)
                  .ends_with(R"("event":"e","environment":{"POD":"web 1","NODE":null,)"
                             R"("ZONE":"\u00e9\n"},"message":"t"})"));
}

TEST(LogFormatTest, LogfmtGivesValuesBack) {
  for (const std::string& value : hostile_values()) {
    const std::string line = format_line(
        LogFormat::kLogfmt, {.event = "e", .peer = value, .text = value, .fields = {}}, kTime);
    std::string_view rest = line;
    rest.remove_prefix(line.find(" peer=") + 6);
    EXPECT_EQ(take_value(rest), value) << line;
    ASSERT_TRUE(rest.starts_with(" message=")) << line;
    rest.remove_prefix(9);
    EXPECT_EQ(take_value(rest), value) << line;
    EXPECT_EQ(rest, "");
  }
}

TEST(LogFormatTest, Escapes) {
  auto escaped = [](std::string_view text) {
    std::string out;
    append_escaped(out, text);
    return out;
  };
  EXPECT_EQ(escaped("plain text"), "plain text");
  EXPECT_EQ(escaped("a\nb\tc\\d"), "a\\nb\\tc\\\\d");
  EXPECT_EQ(escaped("\r\x1b\x7f\0"sv), "\\x0d\\x1b\\x7f\\x00");
  EXPECT_EQ(escaped("\xc2\x80\xc2\x9f\xc2\xa0"), "\\xc2\\x80\\xc2\\x9f\xc2\xa0");
  EXPECT_EQ(escaped("\xff\xe2\x82\xac"), "\\xff\xe2\x82\xac");
  EXPECT_EQ(escaped("\xe2\x82"), "\\xe2\\x82");
}

}  // namespace
}  // namespace echod
