// Which parts of a URL are taken for credentials, and that nothing else is touched.
#include "app/log/redaction.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "wire/http/credentials.h"

namespace echod {
namespace {

TEST(RedactionTest, ValuesOfCredentials) {
  for (std::string_view name : {"password",
                                "passwd",
                                "token",
                                "access_token",
                                "id_token",
                                "refresh_token",
                                "api_key",
                                "apikey",
                                "key",
                                "secret",
                                "client_secret",
                                "sig",
                                "signature",
                                "auth",
                                "code",
                                "X-Amz-Signature",
                                "X-Amz-Security-Token",
                                "auth_token",
                                "oauth_token",
                                "session_token",
                                "access_key",
                                "private_key",
                                "secret_key",
                                "x-api-key",
                                "user[password]",
                                "pass",
                                "pwd",
                                "jwt",
                                "session",
                                "SAMLResponse"}) {
    EXPECT_TRUE(wire::is_credential_name(name)) << name;
    const std::string argument(name);
    EXPECT_EQ(redacted_url("/p?a=1&" + argument + "=geheim&b=2"),
              "/p?a=1&" + argument + "=REDACTED&b=2");
  }
}

TEST(RedactionTest, NamesHoweverTheyAreWritten) {
  for (std::string_view name : {"PASSWORD", "Api-Key", "apiKey", "access.token", "token[]",
                                "%74oken", "to%6Ben", "+token", "%20token%00", "token%"}) {
    EXPECT_TRUE(wire::is_credential_name(name)) << name;
  }
  for (std::string_view name : {"", "tokens", "monkey", "keyboard", "author", "codec", "%2574oken",
                                "tok", "x", "signatures", "\xe2\x82\xac"}) {
    EXPECT_FALSE(wire::is_credential_name(name)) << name;
  }
  EXPECT_FALSE(wire::is_credential_name(std::string(1'000'000, '%')));
}

TEST(RedactionTest, WhereArgumentsBegin) {
  EXPECT_EQ(redacted_url("?key=1"), "?key=REDACTED");
  EXPECT_EQ(redacted_url("/?key=a;b=c&d"), "/?key=REDACTED&d");
  EXPECT_EQ(redacted_url("/?a=1;key=2;b=3&d"), "/?a=1;key=REDACTED&d");
  EXPECT_EQ(redacted_url("/?next=/login?key=2&d"), "/?next=/login?key=REDACTED&d");
  EXPECT_EQ(redacted_url("/#access_token=1&a=2"), "/#access_token=REDACTED&a=2");
  EXPECT_EQ(redacted_url("/?a=1#key=2"), "/?a=1#key=REDACTED");
  EXPECT_EQ(redacted_url("/?key=1&key=2&KEY="), "/?key=REDACTED&key=REDACTED&KEY=REDACTED");
  EXPECT_EQ(redacted_url("/?key=a=b=c"), "/?key=REDACTED");
  EXPECT_EQ(redacted_url("/??key=1"), "/??key=REDACTED");
}

TEST(RedactionTest, UserInformation) {
  EXPECT_EQ(redacted_url("http://user:pass@host:80/p"), "http://REDACTED@host:80/p");
  EXPECT_EQ(redacted_url("https://user@host"), "https://REDACTED@host");
  EXPECT_EQ(redacted_url("http://a@b@host/"), "http://REDACTED@host/");
  EXPECT_EQ(redacted_url("http://u;x:p&q@host/"), "http://REDACTED@host/");
  EXPECT_EQ(redacted_url("//user:pass@host/"), "//REDACTED@host/");
  EXPECT_EQ(redacted_url("/?next=http://user:pass@host/"), "/?next=http://REDACTED@host/");
  EXPECT_EQ(redacted_url("http://@host/?key=1"), "http://REDACTED@host/?key=REDACTED");
}

TEST(RedactionTest, UserInformationAsBrowsersReadIt) {
  EXPECT_EQ(redacted_url("https:/u:PW@h/"), "https:/REDACTED@h/");
  EXPECT_EQ(redacted_url("https:\\\\u:PW@h/"), "https:\\\\REDACTED@h/");
  EXPECT_EQ(redacted_url("HTTP:u:PW@h/"), "HTTP:REDACTED@h/");
  EXPECT_EQ(redacted_url("/?next=\\/u:PW@h"), "/?next=\\/REDACTED@h");
  EXPECT_EQ(redacted_url("https:///u:PW@h\\a@b"), "https:///REDACTED@h\\a@b");
}

TEST(RedactionTest, FieldsThatAreAskedFor) {
  EXPECT_EQ(redacted_url("/?header=Authorization:Bearer+x&a=1"), "/?header=REDACTED&a=1");
  EXPECT_EQ(redacted_url("/?h%65ader=X-Api-Key%3Asecret"), "/?h%65ader=REDACTED");
  EXPECT_EQ(redacted_url("/?header=Retry-After:5"), "/?header=Retry-After:5");
}

TEST(RedactionTest, EverythingElseStays) {
  for (std::string_view url : {"",
                               "*",
                               "/",
                               "/p",
                               "host:443",
                               "/?",
                               "/?a",
                               "/?a=1&b=2;c#d",
                               "/?=x",
                               "/?&&",
                               "/token/x",
                               "/?key",
                               "/?key&a=1",
                               "/a@b",
                               "http://host/a@b",
                               "http://host?a@b",
                               "mailto:a@b",
                               "/key=1",
                               "/?monkey=1&tokens=2",
                               "\xff?\xff=\xff"}) {
    EXPECT_EQ(redacted_url(url), url);
  }
}

TEST(RedactionTest, LargeOnes) {
  constexpr size_t kMany = 100'000;
  std::string url = "/?";
  std::string redacted = "/?";
  for (size_t i = 0; i < kMany; ++i) {
    url += "key=1&";
    redacted += "key=REDACTED&";
  }
  EXPECT_EQ(redacted_url(url), redacted);
  const std::string slashes(kMany, '/');
  EXPECT_EQ(redacted_url(slashes + "@"), slashes + "REDACTED@");
}

}  // namespace
}  // namespace echod
