// Admission: places in all and for each source, taken and given back from any thread.
#include "engine/admission.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <vector>

#include "net/socket_test_util.h"

namespace echod {
namespace {

using Refusal = Admission::Refusal;

Endpoint client(uint32_t address, uint16_t port = 1) { return ipv4_endpoint(address, port); }

Endpoint ipv6_client(const char* text) {
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  ECHOD_CHECK(inet_pton(AF_INET6, text, &in6.sin6_addr) == 1);
  return Endpoint::from_sockaddr(reinterpret_cast<sockaddr*>(&in6), sizeof(in6));
}

// Takes a place, which must be free.
Admission::Ticket enter(Admission& admission, const Endpoint& peer) {
  auto ticket = admission.try_enter(peer);
  ECHOD_CHECK(ticket.has_value());
  return std::move(*ticket);
}

// Why `peer` gets no place; nothing if it would get one.
std::optional<Refusal> refusal(Admission& admission, const Endpoint& peer) {
  const auto ticket = admission.try_enter(peer);
  return ticket ? std::nullopt : std::optional(ticket.error());
}

TEST(AdmissionTest, ZeroMeansNoLimit) {
  Admission admission({});
  std::vector<Admission::Ticket> tickets;
  for (int i = 0; i < 1000; ++i) tickets.push_back(enter(admission, client(1)));
  EXPECT_EQ(admission.connections(), 1000u);
  tickets.clear();
  EXPECT_EQ(admission.connections(), 0u);
}

TEST(AdmissionTest, IsFullAtItsLimit) {
  Admission admission({.connections_max = 2});
  std::vector<Admission::Ticket> tickets;
  tickets.push_back(enter(admission, client(1)));
  tickets.push_back(enter(admission, client(2)));
  EXPECT_EQ(refusal(admission, client(3)), Refusal::kFull);
  EXPECT_EQ(refusal(admission, client(3)), Refusal::kFull);
  EXPECT_EQ(admission.connections(), 2u) << "who was not admitted takes no place";
  tickets.pop_back();
  tickets.push_back(enter(admission, client(3)));
  EXPECT_EQ(admission.connections(), 2u);
}

TEST(AdmissionTest, ASourceIsFullAtItsLimitAndOthersAreNot) {
  Admission admission({.connections_max = 3, .connections_per_source_max = 1});
  std::vector<Admission::Ticket> tickets;
  tickets.push_back(enter(admission, client(1, 1000)));
  EXPECT_EQ(refusal(admission, client(1, 2000)), Refusal::kSourceFull);
  EXPECT_EQ(admission.connections(), 1u) << "who was refused takes no place";
  tickets.push_back(enter(admission, client(2)));
  tickets.clear();
  tickets.push_back(enter(admission, client(1, 2000)));
}

TEST(AdmissionTest, ASourceKeepsThePlacesOfItsOtherConnections) {
  Admission admission({.connections_per_source_max = 2});
  std::vector<Admission::Ticket> tickets;
  tickets.push_back(enter(admission, client(1, 1000)));
  tickets.push_back(enter(admission, client(1, 2000)));
  tickets.pop_back();
  tickets.push_back(enter(admission, client(1, 3000)));
  EXPECT_EQ(refusal(admission, client(1, 4000)), Refusal::kSourceFull);
}

TEST(AdmissionTest, WaitingComesBeforeRefusing) {
  Admission admission({.connections_max = 1, .connections_per_source_max = 1});
  Admission::Ticket ticket = enter(admission, client(1));
  EXPECT_EQ(refusal(admission, client(1)), Refusal::kFull);
}

TEST(AdmissionTest, AnIpv6SourceIsASlash64) {
  Admission admission({.connections_per_source_max = 1});
  Admission::Ticket ticket = enter(admission, ipv6_client("2001:db8:0:1::1"));
  EXPECT_EQ(refusal(admission, ipv6_client("2001:db8:0:1:ffff::2")), Refusal::kSourceFull);
  Admission::Ticket neighbour = enter(admission, ipv6_client("2001:db8:0:2::1"));
}

TEST(AdmissionTest, ATicketMovesWithItsPlace) {
  Admission admission({.connections_max = 1});
  {
    Admission::Ticket first = enter(admission, client(1, 80));
    Admission::Ticket second = std::move(first);
    EXPECT_EQ(second.peer(), client(1, 80));
    EXPECT_EQ(admission.connections(), 1u);
  }
  EXPECT_EQ(admission.connections(), 0u);
}

TEST(AdmissionTest, ALoweredLimitTakesNobodysPlace) {
  Admission admission({.connections_max = 3});
  std::vector<Admission::Ticket> tickets;
  for (uint32_t i = 1; i <= 3; ++i) tickets.push_back(enter(admission, client(i)));
  admission.set_limits({.connections_max = 2});
  EXPECT_EQ(admission.connections(), 3u);
  EXPECT_EQ(refusal(admission, client(4)), Refusal::kFull);
  tickets.pop_back();
  EXPECT_EQ(refusal(admission, client(4)), Refusal::kFull);
  tickets.pop_back();
  EXPECT_EQ(refusal(admission, client(4)), std::nullopt);
  admission.set_limits({});
  tickets.push_back(enter(admission, client(4)));
}

TEST(AdmissionTest, APerSourceLimitComesAndGoesWhileConnectionsAreOpen) {
  Admission admission({});
  std::vector<Admission::Ticket> before;
  before.push_back(enter(admission, client(1)));
  admission.set_limits({.connections_per_source_max = 1});
  std::vector<Admission::Ticket> counted;
  counted.push_back(enter(admission, client(1)));  // the first one is not counted
  before.clear();                                  // and takes nobody's place with it
  EXPECT_EQ(refusal(admission, client(1)), Refusal::kSourceFull);
  admission.set_limits({});
  before.push_back(enter(admission, client(1)));
  admission.set_limits({.connections_per_source_max = 1});
  EXPECT_EQ(refusal(admission, client(1)), Refusal::kSourceFull);
  counted.clear();
  EXPECT_EQ(refusal(admission, client(1)), std::nullopt);
}

TEST(AdmissionTest, KeepsToItsLimitsFromManyThreads) {
  constexpr size_t kMax = 3;
  Admission admission({.connections_max = kMax, .connections_per_source_max = 2});
  std::atomic<size_t> inside = 0;
  std::atomic<size_t> most = 0;
  std::vector<std::thread> threads;
  for (uint32_t source = 1; source <= 4; ++source) {
    threads.emplace_back([&, source] {
      for (int i = 0; i < 5000; ++i) {
        const auto ticket = admission.try_enter(client(source % 2));
        if (!ticket) continue;
        size_t now = ++inside;
        for (size_t seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admission.connections(), 0u);
  EXPECT_LE(most, kMax);
  EXPECT_GE(most, 1u);
}

TEST(AdmissionDeathTest, MustNotDieBeforeItsTickets) {
  auto die_early = [] {
    std::optional<Admission::Ticket> ticket;
    Admission admission({});
    ticket.emplace(enter(admission, client(1)));
  };
  EXPECT_DEATH(die_early(), "check failed");
}

}  // namespace
}  // namespace echod
