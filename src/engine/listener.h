// Listener: where clients come in. Its kind says what is done with its sockets: from those of
// streams connections are accepted, those of datagrams are read themselves.
#pragma once

#include <cerrno>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "net/endpoint.h"
#include "net/fd.h"

namespace echod {

enum class ListenerKind : uint8_t {
  kStream,    // TCP
  kDatagram,  // UDP: no engine serves it yet
  kUnix,      // a stream of the same machine
};

// Whether clients are accepted from a listener of this kind, each with a connection of its own.
constexpr bool has_connections(ListenerKind kind) { return kind != ListenerKind::kDatagram; }

struct Listener {
  ListenerKind kind = ListenerKind::kStream;
  Endpoint endpoint;        // with the port that the system gave
  std::vector<Fd> sockets;  // one for each event loop, as listener_needs() says
};

// One of a listener's sockets, for the loop that has it.
struct ListenerSocket {
  ListenerKind kind = ListenerKind::kStream;
  Fd socket;
};

// ESOCKTNOSUPPORT for a kind that is not served.
inline Result<void> check_served(ListenerKind kind) {
  if (!has_connections(kind)) return std::unexpected(os_failure(ESOCKTNOSUPPORT));
  return {};
}

}  // namespace echod
