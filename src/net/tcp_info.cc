#include "net/tcp_info.h"

#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

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
                 .congestion_window = info.tcpi_snd_cwnd,
                 .idle_ms = std::min(info.tcpi_last_data_sent, info.tcpi_last_data_recv),
                 .state = info.tcpi_state};
}

std::string_view name_of_tcp_state(uint8_t state) {
  // The order of the kernel's include/net/tcp_states.h, from 1.
  constexpr std::string_view kNames[] = {"unknown",    "established", "syn_sent",  "syn_received",
                                         "fin_wait_1", "fin_wait_2",  "time_wait", "closed",
                                         "close_wait", "last_ack",    "listen",    "closing"};
  return state < std::size(kNames) ? kNames[state] : kNames[0];
}

std::optional<uint64_t> acknowledged_bytes(int socket) {
  tcp_info info = {};
  socklen_t size = sizeof(info);
  if (kernel().getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  constexpr size_t kNeeded = offsetof(tcp_info, tcpi_bytes_acked) + sizeof(info.tcpi_bytes_acked);
  if (size < kNeeded) return std::nullopt;
  return info.tcpi_bytes_acked;
}

std::optional<ListenQueue> listen_queue_of(int socket) {
  constexpr uint8_t kListening = 10;  // TCP_LISTEN, which only the kernel's own headers define
  tcp_info info = {};
  socklen_t size = sizeof(info);
  if (kernel().getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  if (info.tcpi_state != kListening) return std::nullopt;
  // Of a listening socket these two fields have other meanings (net/ipv4/tcp.c, tcp_get_info()).
  ListenQueue queue{.length = info.tcpi_unacked, .limit = info.tcpi_sacked};
  std::array<uint32_t, SK_MEMINFO_VARS> memory = {};
  size = sizeof(memory);
  if (kernel().getsockopt(socket, SOL_SOCKET, SO_MEMINFO, memory.data(), &size) == 0) {
    queue.drops = memory[SK_MEMINFO_DROPS];
  }
  return queue;
}

}  // namespace echod
