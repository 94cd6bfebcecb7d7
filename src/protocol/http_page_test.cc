// Who is shown the page, what it says of itself, and that its policy is made of its own text.
#include "protocol/http_page.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "protocol/handler.h"
#include "protocol/http_response_test_util.h"
#include "protocol/protocol_test_util.h"

namespace echod {
namespace {

constexpr std::string_view kChromium =
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7\r\n";
constexpr std::string_view kPageType = "text/html; charset=utf-8";

const Http1Handler& handler() {
  static const Http1Handler instance(HttpSettings{});
  return instance;
}

std::vector<HttpResponse> answers_to(std::string_view requests) {
  Conversation conversation(handler());
  conversation.send(requests);
  return responses_in(conversation.received());
}

std::string request(std::string_view line, std::string_view fields, std::string_view body = "") {
  return std::string(line) + " HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n" +
         std::string(body);
}

bool is_shown_the_page(std::string_view line, std::string_view fields, std::string_view body = "") {
  const std::vector<HttpResponse> answers = answers_to(request(line, fields, body));
  if (answers.size() != 1) {
    ADD_FAILURE() << answers.size() << " answers to " << line;
    return false;
  }
  // Whoever is not shown it gets nothing that a browser would run.
  const bool shown = answers[0].body == http_page();
  EXPECT_EQ(answers[0].field("Content-Type") == kPageType, shown) << answers[0];
  EXPECT_EQ(answers[0].field("Content-Security-Policy") == "sandbox; default-src 'none'", !shown);
  return shown;
}

TEST(HttpPageTest, AnswersABrowser) {
  const std::vector<HttpResponse> answers = answers_to(request("GET /", kChromium));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].status, 200);
  EXPECT_EQ(answers[0].body, http_page());
  EXPECT_EQ(answers[0].field("Content-Type"), kPageType);
  EXPECT_EQ(answers[0].field("Content-Security-Policy"), http_page_policy());
  EXPECT_EQ(answers[0].field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(answers[0].field("Vary"), "Accept, Accept-Encoding");
  EXPECT_EQ(answers[0].field("Cache-Control"), "no-store");
}

TEST(HttpPageTest, HeadHasItsFieldsAlone) {
  Conversation conversation(handler());
  conversation.send(request("HEAD /", kChromium) + request("GET /", kChromium));
  HttpResponseReader reader(conversation.received());
  const HttpResponse head = reader.next(true);
  const HttpResponse whole = reader.next();
  EXPECT_TRUE(reader.empty());
  EXPECT_EQ(head.fields, whole.fields);
  EXPECT_EQ(head.field("Content-Length"), std::to_string(http_page().size()));
}

TEST(HttpPageTest, IsForThoseWhoWantHtmlMost) {
  for (const std::string_view accept :
       {"text/html", "text/html, */*;q=0.9", "text/html;q=0.5, application/json;q=0.4",
        "application/xhtml+xml, TEXT/HTML, text/*;q=0.9, application/*;q=0.9"}) {
    EXPECT_TRUE(is_shown_the_page("GET /", "Accept: " + std::string(accept) + "\r\n")) << accept;
  }
  EXPECT_TRUE(is_shown_the_page("GET /", "Accept: */*;q=0.1\r\nAccept: text/html\r\n"));
  for (const std::string_view accept :
       {"*/*", "text/*", "text/html, */*", "text/html, application/json", "text/html, text/plain",
        "text/html;q=0.5, application/json;q=0.6", "text/html;q=0, */*", "text/html;q=0",
        "text/htmlx", "application/xhtml+xml", "application/json", "text/plain", ""}) {
    EXPECT_FALSE(is_shown_the_page("GET /", "Accept: " + std::string(accept) + "\r\n")) << accept;
  }
  EXPECT_FALSE(is_shown_the_page("GET /", ""));
}

TEST(HttpPageTest, IsAtTheRootAlone) {
  EXPECT_TRUE(is_shown_the_page("GET http://h/", kChromium));
  EXPECT_TRUE(is_shown_the_page("GET http://h", kChromium));
  for (const std::string_view line :
       {"GET /?", "GET /?status=503", "GET //", "GET /index.html", "GET /%2f", "GET /reflect",
        "GET /raw", "GET http://h/a", "GET http://h/?a", "OPTIONS *", "OPTIONS /", "POST /",
        "DELETE /", "PUT /", "get /"}) {
    EXPECT_FALSE(is_shown_the_page(line, kChromium)) << line;
  }
}

TEST(HttpPageTest, IsNoAnswerToABody) {
  const std::string sized = std::string(kChromium) + "Content-Length: 2\r\n";
  EXPECT_FALSE(is_shown_the_page("GET /", sized, "ab"));
  EXPECT_FALSE(is_shown_the_page("POST /", sized, "ab"));
  const std::string chunked = std::string(kChromium) + "Transfer-Encoding: chunked\r\n";
  EXPECT_FALSE(is_shown_the_page("GET /", chunked, "2\r\nab\r\n0\r\n\r\n"));
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
}  // namespace echod
