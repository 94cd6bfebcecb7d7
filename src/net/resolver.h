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
// endpoint that also accepts IPv4, or the IPv4 one if the machine has no IPv6. Fails with
// kAddressInvalid of Layer::kResolver when the name cannot be resolved, with kUnknownHost or
// kResolverFailed; that may take as long as the system's resolver is configured to.
Result<std::vector<Endpoint>> resolve(const std::string& host, uint16_t port);

}  // namespace echod
