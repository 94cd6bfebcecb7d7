// Resolves names and addresses to listen on or to connect to. Blocking: only for startup.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/endpoint.h"

namespace echod {

// The addresses of `host` (a name, an IPv4 or an IPv6 address without brackets) with `port`, in the
// resolver's order, without duplicates. "*" and "" mean all addresses of the machine: one IPv6
// endpoint that also accepts IPv4, or the IPv4 one if the machine has no IPv6. "localhost" means
// the loopback addresses where the resolver does not know it, as in a container without /etc/hosts
// (RFC 6761 section 6.3). Fails with kAddressInvalid of Layer::kResolver when the name cannot be
// resolved, with kUnknownHost or kResolverFailed; that may take as long as the system's resolver is
// configured to.
Result<std::vector<Endpoint>> resolve(const std::string& host, uint16_t port);

// From now on names come from /etc/hosts and then DNS, whatever /etc/nsswitch.conf says. For a
// program that is linked statically: its C library would load the plugins that are named there
// (systemd-resolved's, for example), which works only if they were built for the same version of
// it, and crashes otherwise. Call it before the first resolve().
void resolve_without_plugins();

}  // namespace echod
