// The page's policy is made of its own text.
#include "protocol/http_page.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace echod {
namespace {

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
