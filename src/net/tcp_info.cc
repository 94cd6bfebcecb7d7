#include "net/tcp_info.h"

#include <linux/tcp.h>
#include <netinet/in.h>

#include <cstddef>

#include "net/kernel.h"

namespace echod {

std::optional<TcpInfo> tcp_info_of(int socket) {
  tcp_info info = {};
  socklen_t size = sizeof(info);
  if (kernel().getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return TcpInfo{.rtt_us = info.tcpi_rtt,
                 .rtt_variation_us = info.tcpi_rttvar,
                 .retransmits = info.tcpi_total_retrans,
                 .mss = info.tcpi_snd_mss,
                 .congestion_window = info.tcpi_snd_cwnd};
}

std::optional<uint64_t> acknowledged_bytes(int socket) {
  tcp_info info = {};
  socklen_t size = sizeof(info);
  if (kernel().getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  constexpr size_t kNeeded = offsetof(tcp_info, tcpi_bytes_acked) + sizeof(info.tcpi_bytes_acked);
  if (size < kNeeded) return std::nullopt;
  return info.tcpi_bytes_acked;
}

}  // namespace echod
