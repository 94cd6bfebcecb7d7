// A line of the access log in each format, and what it looks like whatever a client sent.
#include "app/log/access_log_format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "app/log/request_id.h"
#include "base/utf8.h"

namespace echod {
namespace {

using namespace std::string_view_literals;
using nlohmann::json;

constexpr AccessLogFormat kAccessFormats[] = {AccessLogFormat::kText, AccessLogFormat::kJson,
                                              AccessLogFormat::kCombined};

// A request with what can be logged of it.
struct Request {
  std::string method = "POST";
  std::string target = "/a?b=1";
  std::string fields = "Host: h\r\n";
  int status = 200;
  bool complete = true;
  bool understood = true;
  std::string peer = "127.0.0.1:5000";
  std::string id = {};
  http::ShownEnvironment environment = {};

  std::string line(AccessLogFormat format) const {
    http::ExchangeFacts facts;
    if (understood) {
      facts.request.method = method;
      facts.request.target = target;
      facts.request.version_text = "HTTP/1.1";
      facts.request.fields = wire::FieldList(fields);
    }
    facts.status = status;
    facts.request_body_size = 5;
    facts.response_body_size = 7;
    facts.duration = std::chrono::nanoseconds(1'234'567);
    facts.complete = complete;
    // 2009-02-13 23:31:30.042 UTC.
    const std::chrono::system_clock::time_point time{std::chrono::milliseconds(1'234'567'890'042)};
    const LoggedEnvironment shown(environment);
    return format_access(format, {.facts = facts,
                                  .peer = peer,
                                  .connection = 3,
                                  .request = 2,
                                  .time = time,
                                  .request_id = id,
                                  .environment = &shown});
  }

  std::string text() const { return line(AccessLogFormat::kText); }
  std::string combined() const { return line(AccessLogFormat::kCombined); }
  json object() const { return json::parse(line(AccessLogFormat::kJson)); }
};

const std::string kFields =
    "Host: h\r\nReferer: http://h/from\r\nuser-agent: curl/8\r\nCookie: s3ss10n\r\n"
    "Authorization: Basic czNzczEwbg==\r\nProxy-Authorization: s3ss10n\r\n"
    "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";

TEST(AccessLogFormatTest, Text) {
  EXPECT_EQ(Request{}.text(),
            "[127.0.0.1:5000] POST /a?b=1 HTTP/1.1 answered with 200 (request body 5 bytes, "
            "response body "
            "7 bytes, 1.235 ms)");
  // What stands before the parenthesis.
  const auto words = [](const Request& request) {
    const std::string line = request.text();
    return line.substr(0, line.find(" ("));
  };
  EXPECT_EQ(words({.status = 400, .understood = false}),
            "[127.0.0.1:5000] Request refused with 400");
  EXPECT_EQ(words({.complete = false}),
            "[127.0.0.1:5000] POST /a?b=1 HTTP/1.1 answered with 200, cut");
  EXPECT_EQ(words({.status = 0, .complete = false}),
            "[127.0.0.1:5000] POST /a?b=1 HTTP/1.1 no response");
  EXPECT_EQ(words({.peer = ""}), "POST /a?b=1 HTTP/1.1 answered with 200");
}

TEST(AccessLogFormatTest, Json) {
  EXPECT_EQ((Request{.fields = kFields}.line(AccessLogFormat::kJson)),
            R"({"time":"2009-02-13T23:31:30.042Z","event":"http_request","peer":"127.0.0.1:5000",)"
            R"("connection":3,"request":2,"method":"POST","target":"/a?b=1","version":"HTTP/1.1",)"
            R"("status":200,"request_bytes":5,"response_bytes":7,"duration_ns":1234567,)"
            R"("complete":true,"referer":"http://h/from","user_agent":"curl/8","traceparent":)"
            R"("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",)"
            R"("trace_id":"0af7651916cd43dd8448eb211c80319c"})");
  EXPECT_EQ((Request{.status = 400, .complete = false, .understood = false, .peer = ""}.line(
                AccessLogFormat::kJson)),
            R"({"time":"2009-02-13T23:31:30.042Z","event":"http_request","connection":3,)"
            R"("request":2,"status":400,"request_bytes":5,"response_bytes":7,)"
            R"("duration_ns":1234567,"complete":false})");
}

TEST(AccessLogFormatTest, Combined) {
  EXPECT_EQ(Request{.fields = kFields}.combined(),
            R"(127.0.0.1 - - [13/Feb/2009:23:31:30 +0000] "POST /a?b=1 HTTP/1.1" 200 7 )"
            R"("http://h/from" "curl/8")");
  EXPECT_EQ((Request{.status = 0, .understood = false, .peer = "[::1]:5000"}.combined()),
            R"(::1 - - [13/Feb/2009:23:31:30 +0000] "-" 000 7 "-" "-")");
  EXPECT_TRUE(Request{.peer = ""}.combined().starts_with("- - - ["));
  EXPECT_TRUE(Request{.peer = "unknown"}.combined().starts_with("unknown - - ["));
  EXPECT_TRUE(
      Request{.fields = "Referer:\r\nUser-Agent: \"\\\xc3\xa9\x7f\r\n"}.combined().ends_with(
          R"( "" "\x22\x5C\xC3\xA9\x7F")"));
}

TEST(AccessLogFormatTest, TheRequestAndTheReplicaHaveNames) {
  const Request request{
      .id = "abc-1",
      .environment = http::ShownEnvironment({{.name = "POD_NAME", .value = "web-1"},
                                             {.name = "NODE_NAME", .value = std::nullopt},
                                             {.name = "PLACE", .value = "caf\xc3\xa9\r\n"}})};
  EXPECT_EQ(request.object()["request_id"], "abc-1");
  EXPECT_EQ(request.object()["environment"],
            (json{{"POD_NAME", "web-1"}, {"PLACE", "caf\xc3\xa9\r\n"}}));
  EXPECT_TRUE(request.text().ends_with(" ms) [POD_NAME=web-1, PLACE=caf%C3%A9%0D%0A]"));
  EXPECT_TRUE(request.combined().ends_with(R"("-" "-")"));
  const json without = Request{}.object();
  EXPECT_FALSE(without.contains("request_id") || without.contains("environment"));
}

TEST(AccessLogFormatTest, OnlyAValidTraceIsLogged) {
  const std::string ids = "-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto trace_of = [](const std::string& value) {
    return Request{.fields = "traceparent: " + value + "\r\n"}.object().value("traceparent", "");
  };
  EXPECT_EQ(trace_of("00" + ids), "00" + ids);
  for (const std::string& value :
       {"00" + ids + "-x", "ff" + ids, "01" + ids + "-<script>", std::string("x")}) {
    EXPECT_EQ(trace_of(value), "") << value;
  }
}

TEST(AccessLogFormatTest, NoCredentialIsLogged) {
  const Request request{.target = "http://s3ss10n@h/?TOKEN=s3ss10n&a=1",
                        .fields = kFields + "Referer: x\r\n"};
  Request referred = request;
  referred.fields = "Referer: http://u:s3ss10n@h/?Code=s3ss10n#sig=s3ss10n\r\n" + kFields;
  for (AccessLogFormat format : kAccessFormats) {
    for (const Request& each : {request, referred}) {
      const std::string line = each.line(format);
      EXPECT_EQ(line.find("s3ss10n"), std::string::npos) << line;
      EXPECT_EQ(line.find("czNzczEwbg"), std::string::npos) << line;
      EXPECT_NE(line.find("http://REDACTED@h/?TOKEN=REDACTED&a=1"), std::string::npos) << line;
    }
  }
  EXPECT_EQ(referred.object()["referer"], "http://REDACTED@h/?Code=REDACTED");
}

TEST(AccessLogFormatTest, WhatIsCutIsRedactedBefore) {
  const std::string secret(10'000, 's');
  const json object =
      Request{.target = "http://u:" + secret + "@h/?a=1",
              .fields = "Referer: http://u:" + secret + "@h/?key=" + secret + "&b=2\r\n"}
          .object();
  EXPECT_EQ(object["target"], "http://REDACTED@h/?a=1");
  EXPECT_EQ(object["referer"], "http://REDACTED@h/?key=REDACTED&b=2");
}

// Puts `value` where a client's bytes may come to stand, one place after the other.
void for_each_place(std::string_view value, const std::function<void(const Request&)>& check) {
  const std::string text(value);
  check({.method = text});
  check({.target = text});
  check({.fields = "Referer: " + text + "\r\n"});
  check({.fields = "User-Agent: " + text + "\r\n"});
  check({.fields = "traceparent: " + text + "\r\n"});
  check({.peer = text});
}

TEST(AccessLogFormatTest, WhateverTheBytesItIsOneHarmlessLine) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  std::vector<std::string> values = {all, "\xc2\x85\xc2\x9b", "\x1b]0;title\x07", "\" 200 7 \"",
                                     "}"};
  for (const char byte : all) values.push_back(std::string("a") + byte + "b");
  for (const std::string& value : values) {
    for_each_place(value, [](const Request& request) {
      for (AccessLogFormat format : kAccessFormats) {
        const std::string line = request.line(format);
        EXPECT_TRUE(std::ranges::none_of(line, [](char c) { return (c & 0xe0) == 0 || c == 0x7f; }))
            << line;
        EXPECT_TRUE(is_utf8(line));
        EXPECT_EQ(line.find("\xc2\x85"), std::string::npos);
        EXPECT_EQ(line.find("\xc2\x9b"), std::string::npos);
        if (format == AccessLogFormat::kJson) {
          EXPECT_EQ(request.object()["status"], 200);
        }
        if (format != AccessLogFormat::kText) {
          EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c > 0; }));
        }
        if (format == AccessLogFormat::kCombined) {
          EXPECT_EQ(std::ranges::count(line, '"'), 6);
        }
      }
    });
  }
}

// As many variables of one value as there may be.
http::ShownEnvironment crowded(char byte) {
  std::vector<http::ShownVariable> variables;
  for (int i = 0; i < 32; ++i) {
    variables.push_back({.name = "A" + std::to_string(i), .value = std::string(60, byte)});
  }
  return http::ShownEnvironment(std::move(variables));
}

TEST(AccessLogFormatTest, EveryFieldHasItsLimit) {
  const std::string large(100'000, 'x');
  const auto kept = [](size_t size) { return std::string(size - 3, 'x') + "..."; };
  const json object = Request{.method = large,
                              .target = large,
                              .fields = "Referer: " + large + "\r\nUser-Agent: " + large +
                                        "\r\ntraceparent: " + large + "\r\n"}
                          .object();
  EXPECT_EQ(object["method"], kept(kLoggedMethodSizeMax));
  EXPECT_EQ(object["target"], kept(kLoggedTargetSizeMax));
  EXPECT_EQ(object["referer"], kept(kLoggedRefererSizeMax));
  EXPECT_EQ(object["user_agent"], kept(kLoggedUserAgentSizeMax));
  EXPECT_FALSE(object.contains("traceparent"));
  EXPECT_EQ(object["version"], "HTTP/1.1");
  EXPECT_EQ((Request{.target = std::string(kLoggedTargetSizeMax, 'x')}.object()["target"]),
            std::string(kLoggedTargetSizeMax, 'x'));

  for (const char worst : {'"', '\\', '\x01', '\x7f', '\x80', '\xff'}) {
    const std::string bytes(100'000, worst);
    Request request{.method = bytes,
                    .target = bytes,
                    .id = std::string(kRequestIdSizeMax, 'x'),
                    .environment = crowded(worst)};
    for (const char* name : {"Referer: ", "User-Agent: ", "traceparent: "}) {
      request.fields += name;
      request.fields += bytes;
      request.fields += "\r\n";
    }
    for (AccessLogFormat format : kAccessFormats) {
      EXPECT_LE(request.line(format).size(), kAccessLineSizeMax);
    }
  }
}

}  // namespace
}  // namespace echod
