// One end of a connection: an IPv4 or IPv6 address and port, or nothing known. 28 bytes, because
// every open connection keeps one.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <compare>
#include <cstdint>
#include <string>

#include "base/error.h"

namespace echod {

class Endpoint {
 public:
  // An endpoint nobody knows: to_string() is "unknown".
  Endpoint() = default;

  // From what the kernel says. An IPv4 address mapped into IPv6 (::ffff:a.b.c.d) becomes the IPv4
  // address it is; any other family becomes unknown.
  static Endpoint from_sockaddr(const sockaddr* address, socklen_t size);

  // The address a socket is bound to; unknown where the kernel does not tell.
  static Endpoint local_of(int socket);

  bool known() const { return address_.in6.sin6_family != AF_UNSPEC; }
  bool is_ipv6() const { return address_.in6.sin6_family == AF_INET6; }
  bool is_loopback() const;
  bool is_any() const;  // 0.0.0.0 or [::]: every address of the machine

  // 0 where unknown.
  uint16_t port() const;
  Endpoint with_port(uint16_t port) const;

  // Whom limits by source count together: an IPv4 address, an IPv6 /64 (what one customer of a
  // provider usually has), without the port.
  Endpoint source() const;

  // "127.0.0.1:8080", "[::1]:8080", "[fe80::1%2]:8080" (with the number of the interface, where the
  // address has one) or "unknown".
  std::string to_string() const;

  int family() const { return address_.in6.sin6_family; }
  const sockaddr* get() const { return &address_.any; }
  socklen_t size() const { return is_ipv6() ? sizeof(sockaddr_in6) : sizeof(sockaddr_in); }

  friend bool operator==(const Endpoint& a, const Endpoint& b) { return (a <=> b) == 0; }
  friend std::strong_ordering operator<=>(const Endpoint& a, const Endpoint& b);

 private:
  union Address {
    sockaddr any;
    sockaddr_in in;
    sockaddr_in6 in6;
  };
  Address address_{.in6 = {}};  // family AF_UNSPEC
};

}  // namespace echod
