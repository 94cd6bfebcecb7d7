#include "net/resolver.h"

#include <netdb.h>
#include <nss.h>
#include <strings.h>

#include <algorithm>
#include <memory>

#include "net/fd.h"

namespace echod {
namespace {

Endpoint any_address(uint16_t port) {
  Fd probe(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (probe.valid()) {
    sockaddr_in6 in6{};
    in6.sin6_family = AF_INET6;
    return Endpoint::from_sockaddr(reinterpret_cast<sockaddr*>(&in6), sizeof(in6)).with_port(port);
  }
  sockaddr_in in{};
  in.sin_family = AF_INET;
  return Endpoint::from_sockaddr(reinterpret_cast<sockaddr*>(&in), sizeof(in)).with_port(port);
}

std::unexpected<Error> unresolved(Detail detail) {
  return std::unexpected(
      with_detail(Error{.code = Errc::kAddressInvalid}, Layer::kResolver, detail));
}

std::vector<Endpoint> loopback_addresses(uint16_t port) {
  std::vector<Endpoint> endpoints;
  for (const char* address : {"::1", "127.0.0.1"}) {
    if (const Result<std::vector<Endpoint>> found = resolve(address, port); found) {
      endpoints.push_back(found->front());
    }
  }
  return endpoints;
}

}  // namespace

void resolve_without_plugins() { ::__nss_configure_lookup("hosts", "files dns"); }

Result<std::vector<Endpoint>> resolve(const std::string& host, uint16_t port) {
  if (host.empty() || host == "*") return std::vector<Endpoint>{any_address(port)};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int status = ::getaddrinfo(host.c_str(), nullptr, &hints, &list); status != 0) {
    if (::strcasecmp(host.c_str(), "localhost") == 0) return loopback_addresses(port);
    const bool no_answer = status == EAI_AGAIN || status == EAI_FAIL || status == EAI_SYSTEM;
    return unresolved(no_answer ? Detail::kResolverFailed : Detail::kUnknownHost);
  }
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  std::vector<Endpoint> endpoints;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    Endpoint endpoint = Endpoint::from_sockaddr(entry->ai_addr, entry->ai_addrlen).with_port(port);
    if (endpoint.known() && std::ranges::find(endpoints, endpoint) == endpoints.end()) {
      endpoints.push_back(endpoint);
    }
  }
  if (endpoints.empty()) return unresolved(Detail::kUnknownHost);
  return endpoints;
}

}  // namespace echod
