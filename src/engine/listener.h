// A Listener is an address with its listening sockets. Its kind says how they are used: stream
// sockets accept connections, datagram sockets are read directly.
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
  kDatagram,  // UDP: not supported by any engine yet
  kUnix,      // a stream socket of the Unix domain
};

// Whether a listener of this kind accepts connections.
constexpr bool has_connections(ListenerKind kind) { return kind != ListenerKind::kDatagram; }

struct Listener {
  ListenerKind kind = ListenerKind::kStream;
  Endpoint endpoint;        // with the port that the system assigned
  std::vector<Fd> sockets;  // one per event loop, see listener_needs()

  // Whether the sockets are descriptors of one socket that other processes have too (systemd's
  // socket activation). It outlives this process with the clients that wait in it, so it is closed
  // but never shut down. Any loop may take any client.
  bool shared = false;
};

// One of a listener's sockets, for one loop.
struct ListenerSocket {
  ListenerKind kind = ListenerKind::kStream;
  Fd socket;
  bool shared = false;
};

// ESOCKTNOSUPPORT for an unsupported kind.
inline Result<void> check_served(ListenerKind kind) {
  if (!has_connections(kind)) return std::unexpected(os_failure(ESOCKTNOSUPPORT));
  return {};
}

}  // namespace echod
