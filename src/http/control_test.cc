// Response control: the syntax and limits of every parameter, and random choices that can be
// repeated.
#include "http/control.h"

#include <gtest/gtest.h>

#include <map>

#include "http/exchange.h"
#include "http/response_fields.h"
#include "wire/http/syntax.h"

namespace echod::http {
namespace {

using namespace std::chrono_literals;

using Plan = std::expected<ResponsePlan, std::string>;

// The plan of a GET with this target, and these fields besides Host.
Plan plan_of(std::string_view target, std::string_view fields, const ControlSettings& settings,
             ControlState& state) {
  Request request;
  request.method = "GET";
  request.target = target;
  request.fields = FieldList(fields);
  for (const Field& field : request.fields) {
    const std::string_view start = field.name.substr(0, kControlPrefix.size());
    if (wire::equals_ignoring_case(start, kControlPrefix)) request.has_noted_field = true;
  }
  if (!asks_for_control(request)) return ResponsePlan{};
  return plan_response(request, settings, state);
}

Plan plan_of(std::string_view target, std::string_view fields = "") {
  ControlState state;
  return plan_of(target, fields, {}, state);
}

std::string problem_of(std::string_view target, std::string_view fields = "") {
  const Plan plan = plan_of(target, fields);
  return plan ? "(none)" : plan.error();
}

TEST(ResponseControlTest, NothingIsAskedFor) {
  for (const char* target : {"/", "/?", "/?a=1", "/?Status=503", "/?status503", "/status=503"}) {
    const Plan plan = plan_of(target);
    ASSERT_TRUE(plan) << target;
    EXPECT_EQ(plan->status, std::nullopt);
    EXPECT_EQ(plan->delay, 0ns);
    EXPECT_EQ(plan->size, std::nullopt);
    EXPECT_FALSE(plan->close || plan->gzip);
    EXPECT_EQ(plan->fields.list().text(), "");
  }
}

TEST(ResponseControlTest, EachControlInTheQuery) {
  const Plan plan = plan_of(
      "/x?status=503&delay=1.5ms&size=1024&close=true&gzip=TRUE&header=X-Test-A:%20b&header=Retry-"
      "After:"
      "5");
  ASSERT_TRUE(plan) << plan.error();
  EXPECT_EQ(plan->status, 503);
  EXPECT_EQ(plan->delay, 1500us);
  EXPECT_EQ(plan->size, 1024u);
  EXPECT_TRUE(plan->close);
  EXPECT_TRUE(plan->gzip);
  EXPECT_EQ(plan->fields.list().text(), "X-Test-A: b\r\nRetry-After: 5\r\n")
      << "and no draw, as there was no chance";
}

TEST(ResponseControlTest, EachControlAsAField) {
  const Plan plan = plan_of("/x",
                            "X-Echo-Status: 418\r\nx-echo-DELAY: 2\r\nX-Echo-Size: 7\r\n"
                            "X-Echo-Close: true\r\nX-Echo-Gzip: 100\r\n"
                            "X-Echo-Header: X-Test-A:1\r\nX-Echo-Header: X-Test-B:2\r\n");
  ASSERT_TRUE(plan) << plan.error();
  EXPECT_EQ(plan->status, 418);
  EXPECT_EQ(plan->delay, 2s);
  EXPECT_EQ(plan->size, 7u);
  EXPECT_TRUE(plan->close && plan->gzip);
  EXPECT_EQ(plan->fields.list().text(), "X-Test-A: 1\r\nX-Test-B: 2\r\n");
}

TEST(ResponseControlTest, TheQueryCountsWhereBothAreThere) {
  const Plan plan = plan_of("/?status=201&header=X-Test-A:1",
                            "X-Echo-Status: 418\r\nX-Echo-Header: X-Test-B:2\r\n");
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->status, 201);
  EXPECT_EQ(plan->fields.list().text(), "X-Test-A: 1\r\n");
}

TEST(ResponseControlTest, WhatIsWrongIsSaid) {
  const std::string status = "status: expected a status from 200 to 599";
  for (const char* target :
       {"/?status=abc", "/?status=199", "/?status=600", "/?status=20x", "/?status=-200",
        "/?status=503:20,x:1", "/?status=99999999999999999999"}) {
    EXPECT_EQ(problem_of(target), status) << target;
  }
  EXPECT_EQ(problem_of("/?status="), "status: the value is missing");
  EXPECT_EQ(problem_of("/?status=503:x"), "status: expected a percentage from 0 to 100");
  EXPECT_EQ(problem_of("/?status=503:101"), "status: expected a percentage from 0 to 100");
  EXPECT_EQ(problem_of("/?status=503:-1"), "status: expected a percentage from 0 to 100");
  EXPECT_EQ(problem_of("/?status=503:nan"), "status: expected a percentage from 0 to 100");
  EXPECT_EQ(problem_of("/?status=503:60,404:41"),
            "status: the percentages add up to more than 100");
  EXPECT_EQ(problem_of("/?status=503,404"), "status: the percentages add up to more than 100");
  EXPECT_EQ(problem_of("/?delay=soon"), "delay: expected a duration, such as 150us, 2ms or 0.5s");
  EXPECT_EQ(problem_of("/?delay=10.1s"), "delay: limit is 10 s (--max-duration)");
  EXPECT_EQ(problem_of("/?size=-1"), "size: expected a number of bytes");
  EXPECT_EQ(problem_of("/?size=1K"), "size: expected a number of bytes");
  EXPECT_EQ(problem_of("/?size=16777217"), "size: limit is 16777216 bytes (--max-answer)");
  EXPECT_EQ(problem_of("/?size=99999999999999999999"),
            "size: limit is 16777216 bytes (--max-answer)");
  EXPECT_EQ(problem_of("/?close=maybe"), "close: expected true, false or a percentage");
  EXPECT_EQ(problem_of("/?gzip=101"), "gzip: expected true, false or a percentage");
  EXPECT_EQ(problem_of("/?header=NoColon"), "header: expected Name:value");
  EXPECT_EQ(problem_of("/", "X-Echo-Status: 1\r\n"), status);
}

TEST(ResponseControlTest, SharesOfAHundred) {
  ControlState state;
  std::map<int, int> counts;
  constexpr int kRequests = 20'000;
  for (int i = 0; i < kRequests; ++i) {
    const Plan plan = plan_of("/?status=503:20,404:10.5", "", {}, state);
    ASSERT_TRUE(plan);
    ++counts[plan->status.value_or(200)];
  }
  // Five standard deviations of the draws, which are the same in every run.
  EXPECT_NEAR(counts[503], kRequests * 0.20, 285);
  EXPECT_NEAR(counts[404], kRequests * 0.105, 220);
  EXPECT_EQ(counts[503] + counts[404] + counts[200], kRequests);
}

TEST(ResponseControlTest, TheLastShareIsWhatIsLeft) {
  ControlState state;
  for (int i = 0; i < 200; ++i) {
    const Plan plan = plan_of("/?delay=1ms:50,2ms", "", {}, state);
    ASSERT_TRUE(plan);
    EXPECT_TRUE(plan->delay == 1ms || plan->delay == 2ms) << plan->delay.count();
  }
}

TEST(ResponseControlTest, TheSameSeedDrawsTheSame) {
  const auto statuses = [](uint64_t seed) {
    ControlState state;
    ControlSettings settings;
    settings.seed = seed;
    std::vector<int> drawn;
    for (int i = 0; i < 50; ++i) {
      const Plan plan = plan_of("/?status=500:50&close=50", "", settings, state);
      drawn.push_back(plan->status.value_or(200));
      EXPECT_EQ(plan->fields.list().text(), "X-Echo-Seed: " + std::to_string(seed) +
                                                "\r\nX-Echo-Draw: " + std::to_string(i + 1) +
                                                "\r\n");
    }
    return drawn;
  };
  EXPECT_EQ(statuses(42), statuses(42));
  EXPECT_NE(statuses(42), statuses(43));
}

TEST(ResponseControlTest, PermitsForDelayedResponsesAreCounted) {
  ControlState state;
  std::optional<ControlState::Permit> first = state.acquire_permit(2, "a");
  EXPECT_FALSE(state.acquire_permit(2, "a")) << "a source has half of them";
  std::optional<ControlState::Permit> second = state.acquire_permit(2, "b");
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(state.acquire_permit(2, "c"));
  first.reset();
  EXPECT_TRUE(state.acquire_permit(2, "a")) << "one was given back";
  EXPECT_FALSE(state.acquire_permit(0, "a"));
  second.reset();
  EXPECT_TRUE(state.acquire_permit(1, "a")) << "where there is one, anybody may have it";
}

// The field that a client gets for `text`, as "NAME: VALUE".
std::string field_for(std::string_view text) {
  const auto field = requested_field(text);
  return field ? field->name + ": " + field->value : "(refused)";
}

TEST(ResponseFieldsTest, WhatMayBeSet) {
  EXPECT_EQ(field_for("x-tEst:Bar"), "x-tEst: Bar");
  EXPECT_EQ(field_for("X-Request-Id:  a b\t"), "X-Request-Id: a b");
  EXPECT_EQ(field_for("Cache-Control:max-age=60"), "Cache-Control: max-age=60");
  EXPECT_EQ(field_for("X-Test-Empty:"), "X-Test-Empty: ");
  EXPECT_EQ(field_for("Content-Type:text/plain"), "Content-Type: text/plain");
  EXPECT_EQ(field_for("content-type:text/html"), "content-type: application/octet-stream");
}

TEST(ResponseFieldsTest, WhatChangesMoreThanTheAnswerIsRefused) {
  for (const char* name : {"Connection",
                           "Foo",
                           "X",
                           "Content-Disposition",
                           "X-SendFile-Temporary",
                           "content-length",
                           "TRANSFER-ENCODING",
                           "Trailer",
                           "Upgrade",
                           "Date",
                           "Set-Cookie",
                           "Location",
                           "Refresh",
                           "Link",
                           "Alt-Svc",
                           "Strict-Transport-Security",
                           "Content-Security-Policy",
                           "Content-Security-Policy-Report-Only",
                           "X-Content-Type-Options",
                           "Access-Control-Allow-Origin",
                           "X-Accel-Redirect",
                           "X-Sendfile",
                           "X-Envoy-Immediate-Health-Check-Fail",
                           "X-Foo",
                           "X-Testing",
                           "X-Echo-Seed",
                           "WWW-Authenticate",
                           "Clear-Site-Data",
                           "Content-Encoding",
                           "Report-To",
                           "X-Frame-Options",
                           "X-LiteSpeed-Location",
                           "Secure-Session-Registration",
                           "Sec-Session-Registration",
                           "Use-As-Dictionary",
                           "No-Vary-Search",
                           "Permissions-Policy",
                           "Permissions-Policy-Report-Only",
                           "Document-Policy",
                           "Document-Policy-Report-Only",
                           "Integrity-Policy"}) {
    EXPECT_FALSE(is_allowed_field(name)) << name;
    EXPECT_FALSE(requested_field(std::string(name) + ":x"));
  }
  const auto refused = requested_field("X-Envoy-Overloaded:1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(),
            "header: X-Envoy-Overloaded is not allowed; use X-Test, or a name that begins with "
            "X-Test- or X-Echo-, or start the server with --allow-response-header "
            "X-Envoy-Overloaded");
}

TEST(ResponseFieldsTest, TheOperatorAllowsMore) {
  const AllowedFields some = {"set-cookie", "X-Envoy-*"};
  EXPECT_TRUE(is_allowed_field("Set-Cookie", some));
  EXPECT_TRUE(is_allowed_field("x-envoy-overloaded", some));
  EXPECT_FALSE(is_allowed_field("Set-Cookie2", some));
  EXPECT_FALSE(is_allowed_field("X-Envoy", some));
  const AllowedFields all = {"*"};
  EXPECT_TRUE(is_allowed_field("Location", all));
  for (const std::string_view name :
       {"Content-Length", "transfer-encoding", "Connection", "TE", "Trailer", "Upgrade",
        "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Date", "X-Echo-Draw"}) {
    EXPECT_FALSE(is_allowed_field(name, all)) << name;
    const auto refused = requested_field(std::string(name) + ":1", all);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().ends_with("and cannot be set")) << refused.error();
  }
}

TEST(ResponseFieldsTest, WhatTheOperatorMayWrite) {
  for (const std::string_view text : {"*", "X-A", "X-*", "a*"})
    EXPECT_TRUE(is_allowable_field(text));
  for (const std::string_view text : {"", "X-A:", "X A", "**bad:", "a:*"}) {
    EXPECT_FALSE(is_allowable_field(text)) << text;
  }
}

TEST(ResponseFieldsTest, NoByteCanEndTheLine) {
  for (int byte = 0; byte < 256; ++byte) {
    const auto c = static_cast<char>(byte);
    const auto line = requested_field(std::string("X-Test-A:b") + c + "c");
    const bool control = (byte < 0x20 && byte != '\t') || byte == 0x7f;
    EXPECT_EQ(line.has_value(), !control) << byte;
    if (line) {
      EXPECT_EQ(line->value, std::string("b") + c + "c");
    }
    const auto name = requested_field(std::string("X-Test-A") + c + ":b");
    const bool letter = byte < 0x80 && (std::isalnum(byte) != 0);
    const bool sign = byte != 0 && std::string_view("!#$%&'*+-.^_`|~").contains(c);
    EXPECT_EQ(name.has_value(), letter || sign || c == ':') << byte;
  }
}

}  // namespace
}  // namespace echod::http
