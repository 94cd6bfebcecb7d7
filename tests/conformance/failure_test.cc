// Clients that break off: only their own connection ends, the log says how, and nothing is left.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "conformance/client_side.h"
#include "conformance/server_fixture.h"

namespace echod {
namespace {

using namespace std::chrono_literals;

class FailureTest : public ServerTest {};
ECHOD_ON_EVERY_ENGINE(FailureTest);

TEST_P(FailureTest, AResetWhileTheServerReceivesIsLogged) {
  start();
  Client client = connect();
  expect_echo(client, "Hello, world!\n");  // so the server receives again
  client.reset();
  EXPECT_TRUE(log.comes_to_say("Connection reset by client (received 14 bytes, sent 14 bytes"))
      << log.all();
}

TEST_P(FailureTest, AResetBeforeTheFirstByteIsLogged) {
  start();
  Client client = connect();
  ASSERT_TRUE(log.comes_to_say("Connection established"));
  client.reset();
  EXPECT_TRUE(log.comes_to_say("Connection reset by client (received 0 bytes")) << log.all();
}

TEST_P(FailureTest, AResetWhileTheServerSendsIsLogged) {
  options.stall_timeout = 1h;
  options.socket.buffer_size = 64 << 10;
  start();
  // A client that cannot send any more has a server that is sending, unless the server had no time
  // for it, as may be on a busy machine: then the next one shows it.
  Deadline deadline = patience();
  while (log.count("Client disconnected during write") == 0) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << log.all();
    Client client = connect({.from = {}, .receive_buffer = 16 << 10, .send_buffer = 16 << 10});
    client.send_until_blocked(8 << 20);
    client.reset();
    ASSERT_TRUE(comes_to_connections(0));
  }
}

// Closing with the echo unread makes the client's kernel send a reset.
TEST_P(FailureTest, ClientsThatLeaveWithoutReading) {
  start();
  for (int i = 0; i < 100; ++i) {
    Client client = connect();
    client.send_all(pattern_from(0).substr(0, 1 + static_cast<size_t>(i) * 300));
  }
  Client client = connect();
  expect_echo(client, "still here\n");
}

// Sends, reads and then breaks off, all in random amounts.
void break_off_at_random(Client client, std::mt19937& random) {
  auto up_to = [&](size_t size_max) {
    return std::uniform_int_distribution<size_t>(0, size_max)(random);
  };
  size_t unsent = up_to(1) == 0 ? up_to(100) : up_to(200'000);
  std::vector<char> room(64 << 10);
  for (size_t rounds = up_to(6); rounds > 0 && unsent > 0; --rounds) {
    ssize_t sent = client.try_send(pattern_from(0).substr(0, up_to(unsent)));
    if (sent > 0) unsent -= static_cast<size_t>(sent);
    client.try_receive(std::span(room).first(1 + up_to(room.size() - 1)));
    if (up_to(3) == 0) client.has_news(std::chrono::milliseconds(1));
  }
  if (up_to(9) == 0) client.shut_down_sending();
  client.reset();
}

TEST_P(FailureTest, FiveHundredResetsAtRandomMoments) {
  start();
  std::atomic<bool> over = false;
  size_t rounds = 0;
  std::jthread steady;
  if (serves_several()) {
    steady = client_thread([&, client = connect()]() mutable {
      while (!over && !HasFailure()) {
        std::string_view bytes = pattern_from(rounds * 100).substr(0, 10'000);
        EXPECT_TRUE(client.exchange(bytes) == bytes);
        ++rounds;
      }
    });
  }
  std::mt19937 random(500);
  for (int i = 0; i < 500; ++i) break_off_at_random(connect(), random);
  over = true;
  if (steady.joinable()) {
    steady.join();
    EXPECT_GT(rounds, 0u);
  }
  Client client = connect();
  expect_echo(client, "still here\n");
}

TEST_P(FailureTest, ResetsInEveryStageOfARequest) {
  start();
  constexpr std::string_view kRequest =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  for (size_t size = 0; size <= kRequest.size(); ++size) {
    Client client = connect();
    client.send_all(kRequest.substr(0, size));
    if (size % 2 == 0) client.has_news(std::chrono::milliseconds(1));
    client.reset();
  }
  Client client = connect();
  expect_echo(client, "still here\n");
}

}  // namespace
}  // namespace echod
