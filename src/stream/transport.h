// What carries a connection, for handlers that show it to their client. A handler sees neither
// sockets nor addresses; it gets what it may show as text and numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/tcp_info.h"

namespace echod {

struct TransportFacts {
  uint64_t number = 0;         // of the connection, counted from the server's start; the first is 1
  std::string remote;          // "127.0.0.1:53422", or "unknown"
  std::string source = {};     // who limits count together with it: see Endpoint::source()
  std::string local;           // the same of this end
  std::optional<TcpInfo> tcp;  // nothing where it is not TCP, or the kernel does not tell
};

// The address in "127.0.0.1:53422" or "[::1]:53422", without the port and the brackets; "unknown"
// as it is. A part of `endpoint`.
inline std::string_view host_of(std::string_view endpoint) {
  if (endpoint.starts_with('[')) return endpoint.substr(1, endpoint.find(']') - 1);
  return endpoint.substr(0, endpoint.rfind(':'));
}

class Transport {
 public:
  virtual ~Transport() = default;

  // As they are now. Costs two system calls.
  virtual TransportFacts facts() const = 0;

  // The facts that never change, the number and the remote address, without a system call; the
  // others may be missing.
  virtual TransportFacts identity() const { return facts(); }
};

}  // namespace echod
