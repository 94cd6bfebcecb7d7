// Endpoint: addresses as the kernel gives them, as people read them, and as limits compare them.
#include "net/endpoint.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "net/socket_test_util.h"

namespace echod {
namespace {

Endpoint v4(const char* text, uint16_t port) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  ECHOD_CHECK(inet_pton(AF_INET, text, &in.sin_addr) == 1);
  return Endpoint::from_sockaddr(reinterpret_cast<sockaddr*>(&in), sizeof(in));
}

Endpoint v6(const char* text, uint16_t port) {
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(port);
  in6.sin6_flowinfo = htonl(12345);  // differs from packet to packet, and names nobody
  ECHOD_CHECK(inet_pton(AF_INET6, text, &in6.sin6_addr) == 1);
  return Endpoint::from_sockaddr(reinterpret_cast<sockaddr*>(&in6), sizeof(in6));
}

TEST(EndpointTest, UnknownByDefault) {
  Endpoint unknown;
  EXPECT_FALSE(unknown.known());
  EXPECT_FALSE(unknown.is_ipv6());
  EXPECT_FALSE(unknown.is_loopback());
  EXPECT_EQ(unknown.port(), 0);
  EXPECT_EQ(unknown.to_string(), "unknown");
  EXPECT_EQ(unknown.with_port(80), unknown);
  EXPECT_EQ(unknown.source(), unknown);
}

TEST(EndpointTest, IsReadAsIpv4) {
  Endpoint endpoint = v4("192.0.2.7", 8080);
  EXPECT_TRUE(endpoint.known());
  EXPECT_FALSE(endpoint.is_ipv6());
  EXPECT_EQ(endpoint.family(), AF_INET);
  EXPECT_EQ(endpoint.port(), 8080);
  EXPECT_EQ(endpoint.size(), sizeof(sockaddr_in));
  EXPECT_EQ(endpoint.to_string(), "192.0.2.7:8080");
}

TEST(EndpointTest, IsReadAsIpv6) {
  Endpoint endpoint = v6("2001:db8::17", 65535);
  EXPECT_TRUE(endpoint.is_ipv6());
  EXPECT_EQ(endpoint.port(), 65535);
  EXPECT_EQ(endpoint.size(), sizeof(sockaddr_in6));
  EXPECT_EQ(endpoint.to_string(), "[2001:db8::17]:65535");
  EXPECT_EQ(v6("2001:0db8:1111:2222:3333:4444:5555:6666", 1).to_string(),
            "[2001:db8:1111:2222:3333:4444:5555:6666]:1");
}

TEST(EndpointTest, AMappedIpv4AddressIsTheIpv4Address) {
  EXPECT_EQ(v6("::ffff:192.0.2.7", 8080), v4("192.0.2.7", 8080));
  EXPECT_EQ(v6("::ffff:192.0.2.7", 8080).to_string(), "192.0.2.7:8080");
  EXPECT_TRUE(v6("::ffff:127.0.0.1", 1).is_loopback());
}

TEST(EndpointTest, OtherFamiliesAndShortAddressesAreUnknown) {
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  EXPECT_FALSE(Endpoint::from_sockaddr(reinterpret_cast<sockaddr*>(&un), sizeof(un)).known());
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  auto* address = reinterpret_cast<sockaddr*>(&in6);
  EXPECT_FALSE(Endpoint::from_sockaddr(address, sizeof(in6) - 1).known());
  EXPECT_FALSE(Endpoint::from_sockaddr(address, 1).known());
  EXPECT_FALSE(Endpoint::from_sockaddr(address, 0).known());
  EXPECT_FALSE(Endpoint::from_sockaddr(nullptr, 0).known());
  in6.sin6_family = AF_INET;
  EXPECT_FALSE(Endpoint::from_sockaddr(address, sizeof(sockaddr_in) - 1).known());
}

TEST(EndpointTest, KnowsLoopback) {
  EXPECT_TRUE(v4("127.0.0.1", 1).is_loopback());
  EXPECT_TRUE(v4("127.255.255.254", 1).is_loopback());
  EXPECT_FALSE(v4("128.0.0.1", 1).is_loopback());
  EXPECT_FALSE(v4("126.255.255.255", 1).is_loopback());
  EXPECT_TRUE(v6("::1", 1).is_loopback());
  EXPECT_FALSE(v6("::2", 1).is_loopback());
}

TEST(EndpointTest, TakesAnotherPort) {
  EXPECT_EQ(v4("192.0.2.7", 1).with_port(443), v4("192.0.2.7", 443));
  EXPECT_EQ(v6("2001:db8::1", 1).with_port(443), v6("2001:db8::1", 443));
}

TEST(EndpointTest, ASourceIsAnIpv4AddressOrAnIpv6Slash64) {
  EXPECT_EQ(v4("192.0.2.7", 1).source(), v4("192.0.2.7", 2).source());
  EXPECT_NE(v4("192.0.2.7", 1).source(), v4("192.0.2.8", 1).source());
  EXPECT_EQ(v6("2001:db8:0:1::1", 1).source(), v6("2001:db8:0:1:ffff:ffff:ffff:ffff", 2).source());
  EXPECT_NE(v6("2001:db8:0:1::1", 1).source(), v6("2001:db8:0:2::1", 1).source());
  EXPECT_EQ(v6("2001:db8:0:1:2:3:4:5", 99).source().to_string(), "[2001:db8:0:1::]:0");
  EXPECT_EQ(v6("::ffff:192.0.2.7", 1).source(), v4("192.0.2.7", 0));
}

TEST(EndpointTest, IsOrderedByFamilyPortAndAddress) {
  const std::vector<Endpoint> ordered = {
      Endpoint(),          v4("0.0.0.1", 1),   v4("0.0.0.9", 1), v4("10.0.0.1", 1),
      v4("200.0.0.1", 1),  v4("0.0.0.1", 256), v6("::", 1),      v6("::1", 1),
      v6("2001:db8::", 1), v6("ff02::1", 1),   v6("::1", 2),
  };
  for (size_t i = 0; i < ordered.size(); ++i) {
    for (size_t j = 0; j < ordered.size(); ++j) {
      EXPECT_EQ(ordered[i] <=> ordered[j], i <=> j)
          << ordered[i].to_string() << " and " << ordered[j].to_string();
      EXPECT_EQ(ordered[i] == ordered[j], i == j);
    }
  }
}

TEST(EndpointTest, SurvivesTheKernel) {
  Endpoint endpoint = v4("192.0.2.7", 8080);
  EXPECT_EQ(Endpoint::from_sockaddr(endpoint.get(), endpoint.size()), endpoint);
  endpoint = v6("2001:db8::7", 8080);
  EXPECT_EQ(Endpoint::from_sockaddr(endpoint.get(), endpoint.size()), endpoint);
}

TEST(EndpointTest, IsFoundOutFromASocket) {
  TestListener listener = listen_on_loopback({});
  EXPECT_TRUE(listener.endpoint.is_loopback());
  EXPECT_NE(listener.endpoint.port(), 0);
  EXPECT_EQ(Endpoint::local_of(unix_pair().near.get()), Endpoint());
  EXPECT_EQ(Endpoint::local_of(-1), Endpoint());
}

}  // namespace
}  // namespace echod
