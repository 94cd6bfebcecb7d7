// Describes what carries a connection, for handlers that show it to their client. A handler sees
// neither sockets nor addresses, only this text and these numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/tcp_info.h"

namespace echod {

struct TransportFacts {
  uint64_t number = 0;         // the connection's number since the server's start, from 1
  std::string remote;          // "127.0.0.1:53422", or "unknown"
  std::string source = {};     // the unit of per-source limits: see Endpoint::source()
  std::string local;           // the local address
  std::optional<TcpInfo> tcp;  // none if it is not TCP, or the kernel does not report it
};

// The address in "127.0.0.1:53422" or "[::1]:53422", without the port and the brackets; "unknown"
// unchanged. A view into `endpoint`.
inline std::string_view host_of(std::string_view endpoint) {
  if (endpoint.starts_with('[')) return endpoint.substr(1, endpoint.find(']') - 1);
  return endpoint.substr(0, endpoint.rfind(':'));
}

class Transport {
 public:
  virtual ~Transport() = default;

  // The current values. Costs two system calls.
  virtual TransportFacts facts() const = 0;

  // The facts that never change (the number and the remote address), without a system call; the
  // others may be missing.
  virtual TransportFacts identity() const { return facts(); }
};

}  // namespace echod
