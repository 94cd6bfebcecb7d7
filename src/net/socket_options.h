// The socket options that echod sets, with the reason for each. Accepted sockets inherit the
// options of the listening socket, so a connection costs no extra system call.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "net/endpoint.h"
#include "net/fd.h"

namespace echod {

// Options of a listener and its connections. Sizes in bytes; 0 leaves the kernel's default.
struct SocketOptions {
  // Maximum unsent bytes in the send buffer (TCP_NOTSENT_LOWAT, tcp(7)). A client that does not
  // read then pins this much instead of a whole send buffer, while the send buffer may still grow
  // to the bandwidth-delay product of a long path.
  size_t unsent_size_max = 128 * 1024;

  // Fixed size of the kernel's buffer for each direction (SO_RCVBUF, SO_SNDBUF): a hard limit on a
  // connection's kernel memory, and so on its throughput over long paths. 0: autotuning.
  size_t buffer_size = 0;

  // Whether several sockets may listen on the address, one per event loop (SO_REUSEPORT).
  bool shared_port = false;

  // Whether accept(2) blocks. A readiness loop needs false; io_uring, which would not wait on a
  // non-blocking socket, needs true.
  bool blocking = false;
};

// A listening TCP socket on `address`, with TCP_NODELAY (an echo must not wait for the
// acknowledgement of the previous one), SO_KEEPALIVE (detects a dead peer), SO_OOBINLINE (an urgent
// byte is echoed in its place), SO_REUSEADDR (a restart need not wait for old connections in
// TIME_WAIT), and, on the IPv6 wildcard address, IPv4 too. With `shared_port` the first socket must
// be opened with `first`, which still fails with kAddressInUse when another process has the port.
// The backlog is kListenBacklog.
Result<Fd> listen_on(const Endpoint& address, const SocketOptions& options, bool first = true);

// Prepares a listening TCP socket that another process opened and still has (socket activation):
// sets the options of connections, which they inherit, as listen_on() does, and whether accept(2)
// blocks, for every process that has the socket. Fails with EINVAL if it is no listening stream
// socket of IPv4 or IPv6. Its backlog stays as it is.
Result<void> prepare_inherited(int socket, const SocketOptions& options);

// Another descriptor of the same socket, which is closed on exec.
Result<Fd> duplicate(int socket);

// Options of an outgoing connection.
struct ClientOptions {
  Endpoint source = {};   // the source address, port 0 for any; unknown: the system chooses
  bool blocking = false;  // whether connect(2) blocks; see SocketOptions::blocking
};

// A TCP socket of `family` (AF_INET, AF_INET6) to connect, with TCP_NODELAY. With a source address
// the port is chosen when connecting (IP_BIND_ADDRESS_NO_PORT), so that one source address carries
// as many connections as there are ports for each destination.
Result<Fd> client_socket(int family, const ClientOptions& options);

inline constexpr int kListenBacklog = 4096;  // clients; the kernel caps it at net.core.somaxconn

// Values of SO_LINGER and SO_BUF_LOCK, for callers that do not use the functions below.
inline constexpr linger kResetLinger{.l_onoff = 1, .l_linger = 0};
inline constexpr int kReceiveBufferHeld = 2;  // SOCK_RCVBUF_LOCK of the kernel's <linux/socket.h>
inline constexpr int kReceiveBufferFree = 0;

// Makes the next close of a TCP socket a reset, which frees the kernel's buffers at once: for
// aborted connections whose peer does not read.
void reset_on_close(int socket) noexcept;

// Ends a socket both ways, from any thread: an operation that waits for it ends as if the peer had
// ended the connection. The socket must stay open during the call.
void shut_down_both(int socket) noexcept;

// Turns autotuning of a TCP socket's receive buffer off (`hold`) or on (SO_BUF_LOCK, Linux 5.14; no
// effect on older kernels). The window scale was negotiated at connection setup, so a released
// buffer can still grow to the system's maximum.
void hold_receive_buffer(int socket, bool hold) noexcept;

// For a socket whose peer has taken nothing for a while: ends a deadlock of a full, fixed-size
// receive buffer on Linux (since 6.6, seen on 6.18). Small segments need more memory than the
// advertised window accounts for. When the memory is used up, the kernel shrinks the window below
// the data in flight, and from then on drops all segments, including their acknowledgements and
// window updates. So a peer that does read appears not to. If segments were dropped and the buffer
// is full, this enlarges it by kReliefSize, which reopens the window. The caller limits how often.
// Returns whether it did anything.
bool relieve_receive_buffer(int socket) noexcept;
inline constexpr uint32_t kReliefSize = 64 * 1024;  // bytes, as SO_RCVBUF counts them

// Raises this process's soft limit on open descriptors to the hard limit and returns it.
size_t raise_descriptor_limit();

}  // namespace echod
