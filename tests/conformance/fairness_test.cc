// Many clients at once, one of them loud: everybody is served. The bounds say nothing about speed;
// they tell being served late from not being served.
#include <atomic>
#include <chrono>
#include <thread>

#include "conformance/client_side.h"
#include "conformance/server_fixture.h"

namespace echod {
namespace {

using namespace std::chrono_literals;

class FairnessTest : public ServerTest {
 protected:
  // Starts a server that can serve `clients` at once, as far as its engine can.
  void start_for(unsigned clients) {
    if (!has_event_loops()) options.workers = clients;
    start();
  }
};
ECHOD_ON_EVERY_ENGINE(FairnessTest);

TEST_P(FairnessTest, ALoudConnectionDoesNotKeepQuietOnesWaiting) {
  if (!serves_several()) GTEST_SKIP() << "one client at a time";
  constexpr size_t kQuietClients = 100;
  start_for(kQuietClients + 1);
  std::atomic<bool> over = false;
  std::jthread loud = client_thread([&, client = connect()]() mutable {
    std::string bytes = pattern(1 << 20);
    while (!over && !HasFailure()) EXPECT_TRUE(client.exchange(bytes) == bytes);
  });
  std::vector<Client> quiet = connect_many(kQuietClients);
  Duration slowest{};
  for (int round = 0; round < 5; ++round) {
    for (Client& client : quiet) {
      Time sent = std::chrono::steady_clock::now();
      expect_echo(client, "ping\n");
      slowest = std::max<Duration>(slowest, std::chrono::steady_clock::now() - sent);
    }
  }
  over = true;
  loud.join();
  EXPECT_LT(slowest, 2s);
}

TEST_P(FairnessTest, AThousandConnectionsEchoTwice) {
  if (!serves_several()) GTEST_SKIP() << "one client at a time: see LimitsTest";
  if (GetParam() == EngineKind::kPool) GTEST_SKIP() << "as many as workers: see LimitsTest";
  constexpr size_t kClients = 1000;
  start_for(kClients);
  std::vector<Client> clients = connect_many(kClients);
  for (int round = 0; round < 2; ++round) {
    for (size_t i = 0; i < kClients; ++i) clients[i].send_all(pattern_from(i).substr(0, 100));
    for (size_t i = 0; i < kClients; ++i) {
      ASSERT_EQ(clients[i].receive_exactly(100), pattern_from(i).substr(0, 100)) << i;
    }
  }
  EXPECT_EQ(server().connections(), kClients);
}

// All at the same moment: more than an event loop looks at in one round.
TEST_P(FairnessTest, AThousandClientsSpeakBeforeTheyAreAccepted) {
  if (!serves_several()) GTEST_SKIP() << "one client at a time: see LimitsTest";
  start();
  std::vector<Client> clients(1000);
  for (Client& client : clients) {
    ASSERT_TRUE(client.connect(endpoint()));
    client.send_all("all at once\n");
    client.shut_down_sending();
  }
  for (Client& client : clients) {
    ASSERT_EQ(client.receive_until_end(), "all at once\n");
    client.close();
  }
}

}  // namespace
}  // namespace echod
