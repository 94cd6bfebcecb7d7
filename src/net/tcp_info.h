// What the kernel reports about a TCP connection's path (TCP_INFO, tcp(7)).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace echod {

struct TcpInfo {
  uint32_t rtt_us = 0;             // smoothed round-trip time, microseconds
  uint32_t rtt_variation_us = 0;   // its mean deviation
  uint32_t retransmits = 0;        // retransmitted segments since the connection began
  uint32_t mss = 0;                // maximum payload of a sent segment, bytes
  uint32_t congestion_window = 0;  // segments that may be in flight
  uint32_t idle_ms = 0;            // since data was last sent or received, milliseconds
  uint8_t state = 0;               // of the kernel's: see name_of_tcp_state()
};

// Nothing if the socket is not TCP, or the kernel does not report it.
std::optional<TcpInfo> tcp_info_of(int socket);

// "established", "close_wait" and so on (RFC 9293 section 3.3.2); "unknown".
std::string_view name_of_tcp_state(uint8_t state);

// How many bytes the peer's kernel has acknowledged since the connection began; nothing if unknown.
std::optional<uint64_t> acknowledged_bytes(int socket);

// The queue of a listening TCP socket.
struct ListenQueue {
  uint64_t length = 0;  // connections that wait to be accepted
  uint64_t limit = 0;   // the backlog
  uint64_t drops = 0;   // connections turned away since the socket listens: the queue was full
};

// Nothing if the socket is not a listening TCP socket, or the kernel does not report it.
std::optional<ListenQueue> listen_queue_of(int socket);

}  // namespace echod
