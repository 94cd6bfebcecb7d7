// Who is shown the page, what it says of itself, and that its policy is made of its own text.
#include "http/endpoints/page.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "http/endpoints/routes.h"
#include "http/memory_exchange_test_util.h"

namespace echod::http {
namespace {

constexpr const char* kChromium =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
    "*/*;q=0.8,application/signed-exchange;v=b3;q=0.7";
constexpr std::string_view kPageType = "text/html; charset=utf-8";

TestResponse answer_to(const TestRequest& request) {
  MemoryServer server(echo_router());
  return server.ask(request);
}

bool is_shown_the_page(const TestRequest& request) {
  const TestResponse response = answer_to(request);
  // A client that does not get the page gets nothing that a browser would run.
  const bool shown = response.body == http_page();
  EXPECT_EQ(response.field("Content-Type") == kPageType, shown) << request;
  EXPECT_EQ(response.field("Content-Security-Policy") == "sandbox; default-src 'none'", !shown);
  return shown;
}

TestRequest request(std::string_view method, std::string_view target) {
  return {.method = std::string(method),
          .target = std::string(target),
          .fields = {{"Accept", kChromium}}};
}

TEST(HttpPageTest, AnswersABrowser) {
  const TestResponse response = answer_to(request("GET", "/"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, http_page());
  EXPECT_EQ(response.field("Content-Type"), kPageType);
  EXPECT_EQ(response.field("Content-Security-Policy"), http_page_policy());
  EXPECT_EQ(response.field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(response.field("Vary"), "Accept, Accept-Encoding");
  EXPECT_EQ(response.field("Cache-Control"), "no-store");
}

TEST(HttpPageTest, HeadHasItsFieldsAlone) {
  const TestResponse head = answer_to(request("HEAD", "/"));
  EXPECT_EQ(head.fields, answer_to(request("GET", "/")).fields);
  EXPECT_EQ(head.size, http_page().size());
  EXPECT_EQ(head.body, "");
}

TEST(HttpPageTest, IsForThoseWhoWantHtmlMost) {
  for (const char* accept :
       {"text/html", "text/html, */*;q=0.9", "text/html;q=0.5, application/json;q=0.4",
        "application/xhtml+xml, TEXT/HTML, text/*;q=0.9, application/*;q=0.9"}) {
    EXPECT_TRUE(is_shown_the_page(get("/", {{"Accept", accept}}))) << accept;
  }
  EXPECT_TRUE(is_shown_the_page(get("/", {{"Accept", "*/*;q=0.1"}, {"Accept", "text/html"}})));
  for (const char* accept :
       {"*/*", "text/*", "text/html, */*", "text/html, application/json", "text/html, text/plain",
        "text/html;q=0.5, application/json;q=0.6", "text/html;q=0, */*", "text/html;q=0",
        "text/htmlx", "application/xhtml+xml", "application/json", "text/plain", ""}) {
    EXPECT_FALSE(is_shown_the_page(get("/", {{"Accept", accept}}))) << accept;
  }
  EXPECT_FALSE(is_shown_the_page(get("/")));
}

TEST(HttpPageTest, IsAtTheRootAlone) {
  EXPECT_TRUE(is_shown_the_page(request("GET", "http://h/")));
  EXPECT_TRUE(is_shown_the_page(request("GET", "http://h")));
  for (const char* target : {"/?", "/?status=503", "//", "/index.html", "/%2f", "/reflect", "/raw",
                             "http://h/a", "http://h/?a"}) {
    EXPECT_FALSE(is_shown_the_page(request("GET", target))) << target;
  }
  EXPECT_FALSE(is_shown_the_page(request("OPTIONS", "*")));
  for (const char* method : {"OPTIONS", "POST", "DELETE", "PUT", "get"}) {
    EXPECT_FALSE(is_shown_the_page(request(method, "/"))) << method;
  }
}

TEST(HttpPageTest, IsNoAnswerToABody) {
  for (const char* method : {"GET", "POST"}) {
    TestRequest sized = request(method, "/");
    sized.framing = BodyFraming::kContentLength;
    sized.body = {"ab"};
    EXPECT_FALSE(is_shown_the_page(sized));
    TestRequest chunked = sized;
    chunked.framing = BodyFraming::kChunked;
    EXPECT_FALSE(is_shown_the_page(chunked));
  }
}

// Whether the hashes are right is a browser's to say: tests/e2e/test_page.py.
TEST(HttpPageTest, PolicyAllowsItsOwnScriptAndStyleAlone) {
  const std::string policy(http_page_policy());
  size_t begin = 0;
  std::vector<std::string> directives;
  for (size_t end = 0; end != std::string::npos; begin = end + 2) {
    end = policy.find("; ", begin);
    directives.push_back(policy.substr(begin, end - begin));
  }
  const std::vector<std::string> expected = {
      "default-src 'none'",  "script-src 'sha256-",    "style-src 'sha256-",
      "img-src data:",       "connect-src 'self'",     "base-uri 'none'",
      "form-action 'none'",  "frame-ancestors 'none'", "require-trusted-types-for 'script'",
      "trusted-types 'none'"};
  ASSERT_EQ(directives.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    if (!expected[i].ends_with('-')) {
      EXPECT_EQ(directives[i], expected[i]);
      continue;
    }
    EXPECT_TRUE(directives[i].starts_with(expected[i])) << directives[i];
    constexpr size_t kHashDigits = 44;
    EXPECT_EQ(directives[i].size(), expected[i].size() + kHashDigits + 1);
    EXPECT_TRUE(directives[i].ends_with("='")) << directives[i];
  }
  EXPECT_NE(directives[1].substr(11), directives[2].substr(10));
}

}  // namespace
}  // namespace echod::http
