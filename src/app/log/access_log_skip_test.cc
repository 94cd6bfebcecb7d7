#include "app/log/access_log_skip.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace echod {
namespace {

bool skips(std::string_view pattern, std::string_view target, int status = 200) {
  const auto skip = parse_access_log_skip(pattern);
  EXPECT_TRUE(skip) << pattern;
  http::ExchangeFacts facts;
  facts.request.target = target;
  facts.status = status;
  return skip && is_skipped(std::vector{*skip}, facts);
}

TEST(AccessLogSkip, ByPath) {
  EXPECT_TRUE(skips("/healthz", "/healthz"));
  EXPECT_TRUE(skips("/healthz", "/healthz?verbose"));
  EXPECT_TRUE(skips("/healthz", "http://h/healthz"));
  EXPECT_TRUE(skips("/healthz", "/healthz", 503));
  for (const char* target : {"/", "/healthz/", "/health", "/Healthz", "/%68ealthz", "/a/healthz",
                             "/?/healthz", "*", ""}) {
    EXPECT_FALSE(skips("/healthz", target)) << target;
  }
}

TEST(AccessLogSkip, ByPrefix) {
  EXPECT_TRUE(skips("/health*", "/health"));
  EXPECT_TRUE(skips("/health*", "/healthz/live?x"));
  EXPECT_FALSE(skips("/health*", "/heal"));
  EXPECT_TRUE(skips("/*", "/anything"));
  EXPECT_FALSE(skips("/*", "")) << "not understood, so it has no path";
}

TEST(AccessLogSkip, ByStatus) {
  EXPECT_TRUE(skips("status=200", "/a", 200));
  EXPECT_TRUE(skips("status=400", "", 400)) << "not understood";
  EXPECT_FALSE(skips("status=200", "/a", 201));
  for (const int status : {200, 204, 299}) EXPECT_TRUE(skips("status=2xx", "/a", status));
  for (const int status : {0, 101, 199, 300, 500}) EXPECT_FALSE(skips("status=2xx", "/a", status));
}

TEST(AccessLogSkip, ByBoth) {
  for (const char* pattern :
       {"/healthz status=2xx", "status=2xx /healthz", "  /healthz\t status=2xx "}) {
    EXPECT_TRUE(skips(pattern, "/healthz", 200)) << pattern;
    EXPECT_FALSE(skips(pattern, "/healthz", 503)) << pattern;
    EXPECT_FALSE(skips(pattern, "/", 200)) << pattern;
  }
}

TEST(AccessLogSkip, AnyOfSeveral) {
  const std::vector skips{*parse_access_log_skip("/a"), *parse_access_log_skip("status=404")};
  http::ExchangeFacts facts;
  facts.request.target = "/b";
  facts.status = 200;
  EXPECT_FALSE(is_skipped(skips, facts));
  facts.status = 404;
  EXPECT_TRUE(is_skipped(skips, facts));
  EXPECT_FALSE(is_skipped({}, facts));
}

TEST(AccessLogSkip, WhatIsNoPattern) {
  for (const char* text : {"",
                           " ",
                           "healthz",
                           "*",
                           "*.ico",
                           "/a*b",
                           "/a**",
                           "/a?b",
                           "/a#b",
                           "/a /b",
                           "status=",
                           "status=2",
                           "status=600",
                           "status=099",
                           "status=2XX",
                           "status=20x",
                           "status=+20",
                           "status=2000",
                           "status=200 status=404",
                           "Status=200",
                           "/a 200",
                           "!/a"}) {
    const auto skip = parse_access_log_skip(text);
    ASSERT_FALSE(skip) << text;
    EXPECT_TRUE(skip.error().starts_with("'" + std::string(text) + "' is not /PATH"));
  }
}

}  // namespace
}  // namespace echod
