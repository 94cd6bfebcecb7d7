#include "net/tcp_info.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

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

}  // namespace echod
