// What the kernel knows of a TCP connection's path (TCP_INFO, tcp(7)).
#pragma once

#include <cstdint>
#include <optional>

namespace echod {

struct TcpInfo {
  uint32_t rtt_us = 0;             // smoothed round-trip time, microseconds
  uint32_t rtt_variation_us = 0;   // its mean deviation
  uint32_t retransmits = 0;        // segments sent again, since the connection's begin
  uint32_t mss = 0;                // bytes of payload in a segment that we send
  uint32_t congestion_window = 0;  // segments that may be under way
};

// Nothing where the socket is not TCP's, or the kernel does not tell.
std::optional<TcpInfo> tcp_info_of(int socket);

// How many bytes the peer's kernel has acknowledged since the connection began; nothing where the
// kernel does not tell.
std::optional<uint64_t> acknowledged_bytes(int socket);

}  // namespace echod
