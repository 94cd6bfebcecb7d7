// One end of a connection: an IPv4 or IPv6 address and port, or unknown. 28 bytes, because every
// open connection keeps one.
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
  // Unknown: to_string() is "unknown".
  Endpoint() = default;

  // From a kernel address. An IPv4-mapped IPv6 address (::ffff:a.b.c.d) becomes IPv4; any other
  // family becomes unknown.
  static Endpoint from_sockaddr(const sockaddr* address, socklen_t size);

  // The address to which a socket is bound; unknown if the kernel does not report it.
  static Endpoint local_of(int socket);

  bool known() const { return address_.in6.sin6_family != AF_UNSPEC; }
  bool is_ipv6() const { return address_.in6.sin6_family == AF_INET6; }
  bool is_loopback() const;
  bool is_any() const;  // 0.0.0.0 or [::]: all addresses of the machine

  // 0 if unknown.
  uint16_t port() const;
  Endpoint with_port(uint16_t port) const;

  // The unit of per-source limits: an IPv4 address, or an IPv6 /64 (usually one customer of a
  // provider), without the port.
  Endpoint source() const;

  // "127.0.0.1:8080", "[::1]:8080", "[fe80::1%2]:8080" (with the interface's index, if the address
  // has a scope) or "unknown".
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
