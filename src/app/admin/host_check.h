// Keeps web pages away from the admin interface. A page of another site can make a browser send
// requests to any address that the browser reaches, 127.0.0.1 too. The browser says from where:
//
//   - In Host, the name in the page's URL. By DNS rebinding a site points its own name to 127.0.0.1
//     and could then read the responses. So only names that no site controls are allowed:
//     localhost, addresses (there is no name to rebind), and names that the operator gave.
//   - In Origin and Sec-Fetch-Site, the page's own site (Fetch standard, sections 3.1 and 3.2 of
//     Fetch Metadata). So both must be those of the admin interface, if they are there at all:
//     curl, Prometheus and the kubelet send neither.
//
// No response allows another origin (CORS), and no request is allowed by a cookie or the like.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "wire/http/request_head.h"

namespace echod {

// Whether `host`, a Host value with or without a port, is localhost, an IPv4 address, an IPv6
// address in brackets, or one of `names`. Case and the port are ignored: a port may be forwarded.
bool is_allowed_host(std::string_view host, std::span<const std::string> names);

// Why the request is refused (403), for people; empty: it is not. `any_host`: over a Unix socket,
// which no browser reaches by a name.
std::string_view refused_caller(const wire::RequestHead& request,
                                std::span<const std::string> names, bool any_host);

}  // namespace echod
