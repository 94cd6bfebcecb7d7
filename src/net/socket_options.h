// The socket options echod sets, with the reason for each. Options set on a listening socket are
// inherited by the sockets it accepts, so a connection costs no extra system call.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "net/endpoint.h"
#include "net/fd.h"

namespace echod {

// What a listener's connections are given. Sizes in bytes; 0 leaves the kernel's default.
struct SocketOptions {
  // Bytes the kernel takes from us beyond what it has sent (TCP_NOTSENT_LOWAT, tcp(7)). A client
  // that does not read then pins this much instead of a whole send buffer, while the send buffer
  // may still grow to the bandwidth-delay product of a long path.
  size_t unsent_size_max = 128 * 1024;

  // Fixed sizes for the kernel's buffers of each direction (SO_RCVBUF, SO_SNDBUF): bounds a
  // connection's kernel memory hard, and its speed over long paths with it. 0: the kernel adapts.
  size_t buffer_size = 0;

  // Whether several sockets may listen on the address, one for each event loop (SO_REUSEPORT).
  bool shared_port = false;

  // Whether accept(2) waits. An event loop that waits itself wants false; io_uring, which takes a
  // socket that does not wait at its word, wants true.
  bool blocking = false;
};

// A listening TCP socket on `address`, with TCP_NODELAY (an echo must not wait for an
// acknowledgement of the one before), SO_KEEPALIVE (a peer that vanished is noticed), SO_OOBINLINE
// (an urgent byte is a byte, and comes back in its place), SO_REUSEADDR (a restart need not wait
// for old connections' TIME_WAIT), and, on IPv6, IPv4 too where the address is any. With
// `shared_port` the first socket must be opened with `first`, which still fails with kAddressInUse
// when another process has the port. The queue of clients not yet accepted is kListenBacklog long.
Result<Fd> listen_on(const Endpoint& address, const SocketOptions& options, bool first = true);

// What a connection we open is given.
struct ClientOptions {
  Endpoint source =
      {};  // the address to connect from, port 0 for any; unknown: the system's choice
  bool blocking = false;  // whether connect(2) waits; see SocketOptions::blocking
};

// A TCP socket of `family` (AF_INET, AF_INET6) to connect, with TCP_NODELAY. With a source address
// the port is chosen when connecting (IP_BIND_ADDRESS_NO_PORT), so that one source address carries
// as many connections as there are ports for each destination.
Result<Fd> client_socket(int family, const ClientOptions& options);

inline constexpr int kListenBacklog = 4096;  // clients; the kernel caps it at net.core.somaxconn

// Values of SO_LINGER and SO_BUF_LOCK, for who sets these by other means than the functions below.
inline constexpr linger kResetLinger{.l_onoff = 1, .l_linger = 0};
inline constexpr int kReceiveBufferHeld = 2;  // SOCK_RCVBUF_LOCK of the kernel's <linux/socket.h>
inline constexpr int kReceiveBufferFree = 0;

// Makes the coming close of a TCP socket a reset, which frees what the kernel holds for it at once:
// for connections given up on, whose peer does not read.
void reset_on_close(int socket) noexcept;

// Whether the kernel leaves a TCP socket's receive buffer at its present size instead of letting it
// grow with what is read from it (SO_BUF_LOCK, Linux 5.14; without it nothing happens). The window
// scale was agreed on when the connection was made, so a buffer that is let go can still grow to
// the system's maximum.
void hold_receive_buffer(int socket, bool hold) noexcept;

// For a socket whose peer has taken nothing for a while: ends a deadlock that a full receive buffer
// of fixed size runs into on Linux (since 6.6, seen on 6.18). Small segments take more memory than
// the window offered for them allows for; when it is used up the kernel closes the window behind
// what is under way, and from then on drops whatever comes, with the acknowledgements and the
// window in it. So a peer that reads seems not to. Where segments were dropped and the buffer is
// full, this makes it larger by kReliefSize, which opens the window. The caller limits how often.
// Returns whether it did anything.
bool relieve_receive_buffer(int socket) noexcept;
inline constexpr uint32_t kReliefSize = 64 * 1024;  // bytes, as SO_RCVBUF counts them

// Raises this process's limit of open descriptors to the hard limit and returns it.
size_t raise_descriptor_limit();

}  // namespace echod
