// The detector's verdicts, each at the first byte that makes it certain and for every split.
#include "wire/detect.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace echod::wire {
namespace {

using namespace std::string_view_literals;

constexpr auto& kMethods = kDetectedMethods;

Detected feed(Detector& detector, std::string_view text) {
  return detector.feed(std::as_bytes(std::span(text)));
}

Detected detect(std::string_view text) {
  Detector detector;
  return feed(detector, text);
}

// Expects the verdict at the last byte of `text` and none before it, whatever the split and
// whatever follows.
void expect_decided_at_end(std::string_view text, Detected verdict) {
  EXPECT_EQ(detect(text.substr(0, text.size() - 1)), Detected::kUndecided) << text;
  EXPECT_EQ(detect(text), verdict) << text;
  EXPECT_EQ(detect(std::string(text) + "\r\n\x01 HTTP/1"), verdict) << text;
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    Detector detector;
    feed(detector, text.substr(0, cut));
    EXPECT_EQ(feed(detector, text.substr(cut)), verdict) << text << " cut at " << cut;
    EXPECT_EQ(feed(detector, "GET / HTTP/1.1\r\n\x01"), verdict);
    EXPECT_EQ(detector.finish(), verdict);
  }
  Detector detector;
  for (const char& byte : text) {
    EXPECT_EQ(feed(detector, {&byte, 1}), &byte == &text.back() ? verdict : Detected::kUndecided);
  }
}

TEST(DetectTest, RequestLinesAreHttp) {
  for (const auto method : kMethods) {
    for (const auto target : {"/", "/a?b#c", "*", "http://h/", "h:80", "a:", "/:*"}) {
      const std::string line = std::string(method) + " " + target + " HTTP/";
      for (char digit = '0'; digit <= '9'; ++digit) {
        expect_decided_at_end(line + digit, Detected::kHttp1);
      }
    }
  }
}

TEST(DetectTest, EveryByteAfterEveryPrefixOfAMethod) {
  for (const auto method : kMethods) {
    for (size_t size = 0; size <= method.size(); ++size) {
      const std::string_view prefix = method.substr(0, size);
      for (int byte = 0; byte < 256; ++byte) {
        const std::string text = std::string(prefix) + static_cast<char>(byte);
        const bool fits = std::ranges::any_of(kMethods, [&](std::string_view known) {
          return (std::string(known) + " ").starts_with(text);
        });
        if (fits) {
          EXPECT_EQ(detect(text), Detected::kUndecided) << text;
        } else {
          expect_decided_at_end(text, Detected::kRaw);
        }
      }
    }
  }
}

TEST(DetectTest, EveryFirstByteOfATarget) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool fits =
        byte == '/' || byte == '*' || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    const std::string text = std::string("GET ") + static_cast<char>(byte);
    EXPECT_EQ(detect(text), fits ? Detected::kUndecided : Detected::kRaw) << byte;
  }
}

TEST(DetectTest, EveryByteInATarget) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool fits = byte >= ' ' && byte != 0x7f;
    const std::string text = std::string("GET /a") + static_cast<char>(byte);
    EXPECT_EQ(detect(text), fits ? Detected::kUndecided : Detected::kRaw) << byte;
  }
}

TEST(DetectTest, AnythingElseIsRawAtTheFirstByteThatCannotFit) {
  for (const auto text :
       {"\r"sv,          "\n"sv,           "\x16"sv,          "hello"sv.substr(0, 1),
        "g"sv,           "PS"sv,           "PUTS"sv,          "GET\r"sv,
        "GET\n"sv,       "GET\t"sv,        "GETS"sv,          "GET  "sv,
        "GET /\r"sv,     "GET /\n"sv,      "GET /a  "sv,      "GET /etc/passwd p"sv,
        "POST a "sv,     "GET **"sv,       "GET */"sv,        "GET 1"sv,
        "GET ["sv,       "GET abc "sv,     "GET / h"sv,       "GET / HTTp"sv,
        "GET / HTTP "sv, "GET / HTTP/x"sv, "GET / HTTP/\r"sv, "GET / HTTP//"sv,
        "GET / HTTP/:"sv}) {
    expect_decided_at_end(text, Detected::kRaw);
  }
}

TEST(DetectTest, ALongTargetIsHttpWithoutItsVersion) {
  const std::string path = "POST /" + std::string(kDetectionSizeMax - 1, 'a');
  const std::string uri = "POST a:" + std::string(kDetectionSizeMax - 2, 'a');
  const std::string late_colon = "POST " + std::string(kDetectionSizeMax - 1, 'a') + ":";
  const std::string letters = "POST " + std::string(kDetectionSizeMax, 'a');
  const std::vector<std::pair<std::string, Detected>> table = {{path, Detected::kHttp1},
                                                               {uri, Detected::kHttp1},
                                                               {late_colon, Detected::kHttp1},
                                                               {letters, Detected::kRaw}};
  for (const auto& [text, verdict] : table) {
    EXPECT_EQ(detect(text.substr(0, text.size() - 1)), Detected::kUndecided);
    EXPECT_EQ(detect(text), verdict);
    Detector detector;
    for (const char& byte : std::string_view(text).substr(0, text.size() - 1)) {
      ASSERT_EQ(feed(detector, {&byte, 1}), Detected::kUndecided);
    }
    EXPECT_EQ(feed(detector, {&text.back(), 1}), verdict);
  }
  const std::string shorter = path.substr(0, path.size() - 1);
  EXPECT_EQ(detect(shorter + " HTTP/1"), Detected::kHttp1);
  EXPECT_EQ(detect(shorter + " x"), Detected::kRaw);
  EXPECT_EQ(detect(shorter + "\n"), Detected::kRaw);
}

TEST(DetectTest, NothingDecidesNothing) {
  Detector detector;
  EXPECT_EQ(detector.feed({}), Detected::kUndecided);
  EXPECT_EQ(feed(detector, "GET / HTTP/1"), Detected::kHttp1);
  EXPECT_EQ(detector.feed({}), Detected::kHttp1);
}

TEST(DetectTest, GivingUpMeansRawAndIsFinal) {
  for (const auto text : {"", "G", "GET", "GET ", "GET /", "GET / ", "GET / HTTP/"}) {
    Detector detector;
    EXPECT_EQ(feed(detector, text), Detected::kUndecided);
    EXPECT_EQ(detector.finish(), Detected::kRaw);
    EXPECT_EQ(feed(detector, "1"), Detected::kRaw);
    EXPECT_EQ(feed(detector, "GET / HTTP/1"), Detected::kRaw);
  }
}

Detected at_once(std::string_view text) { return detect_at_once(std::as_bytes(std::span(text))); }

TEST(DetectTest, AWholeRequestLineIsHttpWhateverItsMethod) {
  for (const auto text :
       {"BREW /pot HTTP/1.1\r\n", "get / HTTP/1.0\r\nHost: h\r\n", "X * HTTP/1.1\r\n",
        "GET /x?q=\xc3\xa9 HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}) {
    EXPECT_EQ(at_once(text), Detected::kHttp1) << text;
  }
  for (const auto text :
       {"BREW /pot HTTP/1.1", "BREW /pot HTTP/1.1\n", "BREW /pot HTTP/1\r\n", "BREW  HTTP/1.1\r\n",
        "BREW /a b HTTP/1.1\r\n", "BR(W / HTTP/1.1\r\n", "BREW HTTP/1.1\r\n", " / HTTP/1.1\r\n",
        "BREW / HTTP/x.1\r\n", "BREW / http/1.1\r\n", "hello\r\nBREW / HTTP/1.1\r\n"}) {
    EXPECT_EQ(at_once(text), Detected::kUndecided) << text;
  }
}

// Else a client of single bytes would wait for its echo.
TEST(DetectTest, ASingleByteWaitsOnlyForCommonMethods) {
  for (int byte = 0; byte < 256; ++byte) {
    const auto c = static_cast<char>(byte);
    const bool common = c != '\0' && std::string_view("GHPDCOTQ").contains(c);
    EXPECT_EQ(at_once({&c, 1}), common ? Detected::kUndecided : Detected::kRaw) << byte;
  }
  EXPECT_EQ(at_once("SE"), Detected::kUndecided);
}

}  // namespace
}  // namespace echod::wire
