#include "net/endpoint.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>

#include "net/kernel.h"

namespace echod {

Endpoint Endpoint::from_sockaddr(const sockaddr* address, socklen_t size) {
  Endpoint endpoint;
  if (address == nullptr || size < sizeof(sa_family_t)) return endpoint;
  if (address->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    std::memcpy(&endpoint.address_.in, address, sizeof(sockaddr_in));
  } else if (address->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in6;
    std::memcpy(&in6, address, sizeof(in6));
    if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
      endpoint.address_.in.sin_family = AF_INET;
      endpoint.address_.in.sin_port = in6.sin6_port;
      std::memcpy(&endpoint.address_.in.sin_addr, &in6.sin6_addr.s6_addr[12], 4);
    } else {
      endpoint.address_.in6 = in6;
    }
  }
  return endpoint;
}

Endpoint Endpoint::local_of(int socket) {
  sockaddr_storage address;
  socklen_t size = sizeof(address);
  if (kernel().getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return from_sockaddr(reinterpret_cast<sockaddr*>(&address), size);
}

bool Endpoint::is_loopback() const {
  if (family() == AF_INET) return ntohl(address_.in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
  return is_ipv6() && IN6_IS_ADDR_LOOPBACK(&address_.in6.sin6_addr);
}

bool Endpoint::is_any() const {
  if (family() == AF_INET) return address_.in.sin_addr.s_addr == htonl(INADDR_ANY);
  return is_ipv6() && IN6_IS_ADDR_UNSPECIFIED(&address_.in6.sin6_addr);
}

uint16_t Endpoint::port() const {
  // sin_port and sin6_port are at the same offset.
  return known() ? ntohs(address_.in.sin_port) : uint16_t{0};
}

Endpoint Endpoint::with_port(uint16_t port) const {
  Endpoint copy = *this;
  if (known()) copy.address_.in.sin_port = htons(port);
  return copy;
}

Endpoint Endpoint::source() const {
  Endpoint copy = with_port(0);
  if (is_ipv6()) std::memset(&copy.address_.in6.sin6_addr.s6_addr[8], 0, 8);
  return copy;
}

std::string Endpoint::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text;
  if (family() == AF_INET &&
      inet_ntop(AF_INET, &address_.in.sin_addr, text.data(), text.size()) != nullptr) {
    return std::string(text.data()) + ":" + std::to_string(port());
  }
  if (is_ipv6() &&
      inet_ntop(AF_INET6, &address_.in6.sin6_addr, text.data(), text.size()) != nullptr) {
    std::string zone;
    if (address_.in6.sin6_scope_id != 0) {
      zone = "%" + std::to_string(address_.in6.sin6_scope_id);
    }
    return "[" + std::string(text.data()) + zone + "]:" + std::to_string(port());
  }
  return "unknown";
}

std::strong_ordering operator<=>(const Endpoint& a, const Endpoint& b) {
  if (auto order = a.family() <=> b.family(); order != 0) return order;
  if (auto order = a.port() <=> b.port(); order != 0) return order;
  if (a.is_ipv6()) {
    if (auto order = std::memcmp(&a.address_.in6.sin6_addr, &b.address_.in6.sin6_addr, 16) <=> 0;
        order != 0) {
      return order;
    }
    return a.address_.in6.sin6_scope_id <=> b.address_.in6.sin6_scope_id;
  }
  return ntohl(a.address_.in.sin_addr.s_addr) <=> ntohl(b.address_.in.sin_addr.s_addr);
}

}  // namespace echod
