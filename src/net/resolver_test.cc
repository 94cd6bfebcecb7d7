// Name resolution, as far as it can be tested without a network.
#include "net/resolver.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "net/socket_test_util.h"

namespace echod {
namespace {

TEST(ResolverTest, NumbersAreAddresses) {
  Result<std::vector<Endpoint>> v4 = resolve("192.0.2.7", 80);
  ASSERT_TRUE(v4);
  ASSERT_EQ(v4->size(), 1u);
  EXPECT_EQ(v4->front().to_string(), "192.0.2.7:80");
  Result<std::vector<Endpoint>> v6 = resolve("2001:db8::1", 65535);
  ASSERT_TRUE(v6);
  ASSERT_EQ(v6->size(), 1u);
  EXPECT_EQ(v6->front().to_string(), "[2001:db8::1]:65535");
}

TEST(ResolverTest, AStarIsEveryAddressOfTheMachine) {
  for (const char* host : {"*", ""}) {
    Result<std::vector<Endpoint>> any = resolve(host, 80);
    ASSERT_TRUE(any);
    ASSERT_EQ(any->size(), 1u);
    std::string text = any->front().to_string();
    EXPECT_TRUE(text == "[::]:80" || text == "0.0.0.0:80") << text;
  }
}

TEST(ResolverTest, LocalhostIsLoopbackEachAddressOnce) {
  Result<std::vector<Endpoint>> endpoints = resolve("localhost", 8080);
  ASSERT_TRUE(endpoints);
  ASSERT_FALSE(endpoints->empty());
  for (const Endpoint& endpoint : *endpoints) {
    EXPECT_TRUE(endpoint.is_loopback()) << endpoint.to_string();
    EXPECT_EQ(endpoint.port(), 8080);
    EXPECT_EQ(std::ranges::count(*endpoints, endpoint), 1);
  }
}

TEST(ResolverTest, WhatIsNoAddressAndNoNameFails) {
  for (const char* host : {"no.such.host.invalid", "256.1.1.1", "[::1]", "two words"}) {
    Result<std::vector<Endpoint>> endpoints = resolve(host, 80);
    ASSERT_FALSE(endpoints) << host;
    EXPECT_EQ(endpoints.error().code, Errc::kAddressInvalid) << host;
    EXPECT_EQ(endpoints.error().layer, Layer::kResolver) << host;
    EXPECT_FALSE(text_of(endpoints.error().detail).empty()) << host;
  }
}

}  // namespace
}  // namespace echod
