// Asks the kernel for the memory of each connection by NETLINK_SOCK_DIAG, sock_diag(7), as ss(8)
// does: /proc/net/sockstat has only the sum of the whole machine, both ends of a loopback
// connection and everybody else's included.
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <optional>

#include "process.h"

namespace torture {
namespace {

constexpr timeval kAnswerTimeMax{.tv_sec = 5, .tv_usec = 0};

struct Request {
  nlmsghdr header;
  inet_diag_req_v2 body;
};

bool ask(int fd, int family) {
  Request request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.body.sdiag_family = static_cast<uint8_t>(family);
  request.body.sdiag_protocol = IPPROTO_TCP;
  request.body.idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1);
  request.body.idiag_states = ~(1U << TCP_LISTEN | 1U << TCP_TIME_WAIT);
  return send(fd, &request, sizeof request, 0) == static_cast<ssize_t>(sizeof request);
}

uint64_t memory_of(const nlmsghdr* message) {
  const auto* body = static_cast<const inet_diag_msg*>(NLMSG_DATA(message));
  auto left = static_cast<int>(message->nlmsg_len - NLMSG_LENGTH(sizeof *body));
  const auto* attribute = reinterpret_cast<const rtattr*>(body + 1);
  for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    if (attribute->rta_type != INET_DIAG_SKMEMINFO) continue;
    std::array<uint32_t, SK_MEMINFO_VARS> parts{};
    std::memcpy(parts.data(), RTA_DATA(attribute),
                std::min<size_t>(RTA_PAYLOAD(attribute), sizeof parts));
    return uint64_t{parts[SK_MEMINFO_RMEM_ALLOC]} + parts[SK_MEMINFO_WMEM_QUEUED] +
           parts[SK_MEMINFO_FWD_ALLOC] + parts[SK_MEMINFO_OPTMEM] + parts[SK_MEMINFO_BACKLOG];
  }
  return 0;
}

// Adds what the answer has of the port; false when there was none.
bool add_answer(int fd, uint16_t port, uint64_t& sum, uint64_t& sockets) {
  alignas(nlmsghdr) std::array<char, 32 * 1024> buffer;
  for (;;) {
    const ssize_t size = recv(fd, buffer.data(), buffer.size(), 0);
    if (size <= 0) return false;
    auto left = static_cast<uint32_t>(size);
    const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
    for (; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_type == NLMSG_DONE) return true;
      if (message->nlmsg_type == NLMSG_ERROR) return false;
      const auto* body = static_cast<const inet_diag_msg*>(NLMSG_DATA(message));
      if (ntohs(body->id.idiag_sport) != port) continue;
      sum += memory_of(message);
      ++sockets;
    }
  }
}

}  // namespace

std::optional<uint64_t> kernel_memory_of_port(uint16_t port) {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (fd < 0) return std::nullopt;
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kAnswerTimeMax, sizeof kAnswerTimeMax);
  uint64_t sum = 0, sockets = 0;
  bool answered = true;
  for (const int family : {AF_INET, AF_INET6}) {
    answered = answered && ask(fd, family) && add_answer(fd, port, sum, sockets);
  }
  close(fd);
  if (!answered || sockets == 0) return std::nullopt;
  return sum;
}

}  // namespace torture
