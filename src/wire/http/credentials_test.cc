#include "wire/http/credentials.h"

#include <gtest/gtest.h>

namespace echod::wire {
namespace {

TEST(CredentialsTest, NamesOfHeadersAndArguments) {
  for (const std::string_view name : {"Cookie",
                                      "Set-Cookie",
                                      "Authorization",
                                      "Proxy-Authorization",
                                      "X-Api-Key",
                                      "x-auth-token",
                                      "X-Amz-Signature",
                                      "X-Amz-Security-Token",
                                      "X-Amz-Credential",
                                      "auth_token",
                                      "oauth_token",
                                      "session_token",
                                      "access_key",
                                      "private_key",
                                      "secret_key",
                                      "api-key",
                                      "pass",
                                      "pwd",
                                      "jwt",
                                      "session",
                                      "SAMLResponse",
                                      "user[password]",
                                      "user%5Bpass%5D",
                                      "a[b][token]",
                                      "sig",
                                      "key",
                                      "id_token",
                                      "JSESSIONID",
                                      "X-Auth"}) {
    EXPECT_TRUE(is_credential_name(name)) << name;
  }
}

TEST(CredentialsTest, InnocentNames) {
  for (const std::string_view name : {"",
                                      "Host",
                                      "Accept",
                                      "User-Agent",
                                      "keyboard",
                                      "monkey",
                                      "design",
                                      "author",
                                      "zipcode",
                                      "compass",
                                      "bypass",
                                      "sessions",
                                      "tokens",
                                      "passport",
                                      "Content-Type",
                                      "state_of_mind",
                                      "page",
                                      "q",
                                      "status",
                                      "delay",
                                      "X-Request-Id",
                                      "[",
                                      "]",
                                      "a[b]",
                                      "traceparent"}) {
    EXPECT_FALSE(is_credential_name(name)) << name;
  }
}

}  // namespace
}  // namespace echod::wire
