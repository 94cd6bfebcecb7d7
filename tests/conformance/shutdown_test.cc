// Draining lets what is under way finish and nothing new begin; aborting ends everything at once;
// and starting and stopping leaves nothing behind.
#include <sys/socket.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "conformance/client_side.h"
#include "conformance/http_reader.h"
#include "conformance/server_fixture.h"

namespace echod {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

class ShutdownTest : public ServerTest {
 protected:
  bool ends() { return server().wait(patience()); }
  bool ends_already() { return server().wait(std::chrono::steady_clock::now() + kQuiet); }

  // Whether a client can still get as far as an echo.
  bool takes_clients() {
    Client client;
    if (!client.connect(endpoint())) return false;
    if (client.try_send("x\n") != 2) return false;
    char room[2];
    return client.receive_some(room, kQuiet).status == Client::Status::kBytes;
  }
};
ECHOD_ON_EVERY_ENGINE(ShutdownTest);

TEST_P(ShutdownTest, ItDoesNotEndBeforeItIsAsked) {
  start();
  EXPECT_FALSE(ends_already());
}

TEST_P(ShutdownTest, AnIdleServerEndsAtOnce) {
  start();
  server().request(Phase::kDraining);
  EXPECT_TRUE(ends());
}

TEST_P(ShutdownTest, DrainingLetsAnEchoGoOn) {
  start();
  Client client = connect();
  expect_echo(client, "before\n");
  server().request(Phase::kDraining);
  EXPECT_FALSE(ends_already());
  std::string bytes = pattern(1 << 20);
  EXPECT_TRUE(client.exchange(bytes) == bytes);
  client.shut_down_sending();
  EXPECT_EQ(client.receive_until_end(), "");
  EXPECT_TRUE(ends());
  EXPECT_EQ(log.count("Connection ended by shutdown"), 0u) << log.all();
}

TEST_P(ShutdownTest, DrainingRefusesNewClients) {
  start();
  Client client = connect();
  expect_echo(client, "before\n");
  server().request(Phase::kDraining);
  EXPECT_TRUE(eventually([&] { return !takes_clients(); }));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(takes_clients());
  expect_echo(client, "still here\n");
}

TEST_P(ShutdownTest, DrainingEndsAConnectionThatHasNotSpoken) {
  start();
  Client client = connect();
  ASSERT_TRUE(log.comes_to_say("Connection established"));
  server().request(Phase::kDraining);
  EXPECT_NE(client.wait_for_end(), Client::Status::kDeadline);
  EXPECT_TRUE(ends());
}

// In order: a client must be able to tell that its next request was not looked at.
TEST_P(ShutdownTest, DrainingEndsAKeptAliveConnection) {
  start();
  Client client = connect();
  EXPECT_EQ(ask(client, kGet).status, 200);
  EXPECT_FALSE(client.has_news());
  server().request(Phase::kDraining);
  EXPECT_EQ(client.receive_until_end(), "");
  EXPECT_TRUE(ends());
}

TEST_P(ShutdownTest, DrainingLetsARequestFinish) {
  start();
  Client client = connect();
  client.send_all("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nHello");
  HttpReader reader(client);
  EXPECT_EQ(reader.read_head().status, 200);
  EXPECT_EQ(reader.take(5), "Hello");
  server().request(Phase::kDraining);
  EXPECT_FALSE(ends_already());
  client.send_all("World");
  EXPECT_EQ(reader.take(5), "World");
  EXPECT_TRUE(reader.at_end());
  EXPECT_TRUE(ends());
}

TEST_P(ShutdownTest, DrainingLetsAResponseReachALateReader) {
  start();
  Client client = connect();
  constexpr size_t kSize = 16 << 20;
  std::jthread sender = client_thread([&] {
    client.send_all(pattern(kSize));
    client.shut_down_sending();
  });
  ASSERT_TRUE(log.comes_to_say("Received"));
  server().request(Phase::kDraining);
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(client.receive_pattern_and_end(kSize), "");
  sender.join();
  EXPECT_TRUE(ends());
}

// Whenever draining comes, an echo is whole, or nothing was begun, or a reset says that it broke:
// it never looks finished when it is not. Clients come one after another, and the drain at any
// moment.
TEST_P(ShutdownTest, DrainingAtAnyMomentCutsNoEcho) {
  constexpr std::string_view kPieces[][2] = {
      {"Hello, ", "world!\n"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 14\r\n\r\nHello, ", "world!\n"}};
  for (int round = 0; round < (kSanitized ? 20 : 100) && !HasFailure(); ++round) {
    start();
    std::jthread drainer = client_thread([&] {
      std::this_thread::sleep_for(std::chrono::microseconds(37 * round));
      server().request(Phase::kDraining);
    });
    for (int i = 0;; ++i) {
      Client client;
      if (!client.connect(endpoint())) break;
      for (std::string_view piece : kPieces[i % 2]) client.try_send(piece);
      ::shutdown(client.fd(), SHUT_WR);  // which may fail: the server may be gone already
      std::string answer;
      char room[1000];
      Client::Received received{Client::Status::kBytes};
      while (received.status == Client::Status::kBytes) {
        received = client.receive_some(room);
        answer.append(room, received.size);
      }
      EXPECT_NE(received.status, Client::Status::kDeadline);
      bool whole = answer.empty() || answer.ends_with("Hello, world!\n");
      EXPECT_TRUE(whole || received.status == Client::Status::kReset) << answer;
    }
    drainer.join();
    EXPECT_TRUE(ends());
    stop();
  }
}

TEST_P(ShutdownTest, AbortingEndsStuckAndIdleConnections) {
  options.stall_timeout = 1h;
  options.socket.buffer_size = 64 << 10;
  start();
  Client stuck = connect({.from = {}, .receive_buffer = 16 << 10, .send_buffer = 16 << 10});
  stuck.send_until_blocked(16 << 20);
  std::vector<Client> idle = connect_many(serves_several() ? 2 : 0);
  for (Client& client : idle) expect_echo(client, "before\n");
  server().request(Phase::kDraining);
  EXPECT_FALSE(ends_already());
  server().request(Phase::kAborting);
  EXPECT_TRUE(ends());
  for (Client& client : idle) EXPECT_NE(client.wait_for_end(), Client::Status::kDeadline);
  EXPECT_NE(stuck.wait_for_end(), Client::Status::kDeadline);
  EXPECT_EQ(log.count("Connection ended by shutdown"), 1 + idle.size()) << log.all();
}

TEST_P(ShutdownTest, AbortingAtOnceEndsEveryStage) {
  start();
  std::vector<Client> clients = connect_many(serves_several() ? 6 : 1);
  if (serves_several()) {
    clients[1].send_all("GE");
    clients[2].send_all("GET / HTTP/1.1\r\nHo");
    clients[3].send_all("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
    clients[4].send_all("GET / HTTP/1.1\r\n\r\n");  // refused, and lingered for
    expect_echo(clients[5], "raw\n");
  }
  ASSERT_TRUE(comes_to_connections(clients.size()));
  server().request(Phase::kAborting);
  EXPECT_TRUE(ends());
  for (Client& client : clients) EXPECT_NE(client.wait_for_end(), Client::Status::kDeadline);
}

TEST_P(ShutdownTest, DrainingWithAClientThatWaitsForAPlace) {
  options.connections_max = 1;
  start();
  Client served = connect();
  expect_echo(served, "before\n");
  Client waiting = connect();
  waiting.send_all("never served\n");
  EXPECT_FALSE(waiting.has_news());
  server().request(Phase::kDraining);
  EXPECT_NE(waiting.wait_for_end(), Client::Status::kDeadline);
  expect_echo(served, "still here\n");
  served.shut_down_sending();
  EXPECT_EQ(served.receive_until_end(), "");
  EXPECT_TRUE(ends());
}

// The accepting thread of these engines waits for a thread or for a place in the queue.
TEST_P(ShutdownTest, DrainingWithAClientThatWaitsForAThread) {
  if (has_event_loops() || !serves_several()) GTEST_SKIP() << "threads' and pools' alone";
  options.workers = 1;
  options.queue_max = 1;
  start();
  Client served = connect();
  expect_echo(served, "before\n");
  std::vector<Client> waiting = connect_many(4);
  for (Client& client : waiting) client.send_all("never served\n");
  EXPECT_FALSE(waiting.front().has_news());
  server().request(Phase::kDraining);
  expect_echo(served, "still here\n");
  served.close();
  EXPECT_TRUE(ends());
  for (Client& client : waiting) EXPECT_NE(client.wait_for_end(), Client::Status::kDeadline);
}

TEST_P(ShutdownTest, DestroyingAServerEndsItsConnections) {
  start();
  std::vector<Client> clients = connect_many(serves_several() ? 10 : 2);
  expect_echo(clients.front(), "before\n");
  stop();
  for (Client& client : clients) EXPECT_NE(client.wait_for_end(), Client::Status::kDeadline);
}

size_t threads() {
  std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
}

TEST_P(ShutdownTest, StartingAndStoppingLeavesNothingBehind) {
  size_t threads_before = 0;
  std::vector<std::string> descriptors_before;
  for (int round = 0; round < 50; ++round) {
    start();
    {
      Client client = connect();
      expect_echo(client, "Hello, world!\n");
      if (round % 3 == 0) server().request(Phase::kDraining);
      if (round % 3 == 1) server().request(Phase::kAborting);
      if (round % 2 == 0) stop();  // with its client
    }
    stop();
    if (round == 0) {
      threads_before = threads();
      descriptors_before = open_descriptors();
    }
  }
  EXPECT_TRUE(eventually([&] { return threads() <= threads_before; })) << threads();
  EXPECT_EQ(open_descriptors(), descriptors_before);
}

// The port is free again as soon as the server is gone, although connections were open.
TEST_P(ShutdownTest, TheSamePortCanBeUsedAgain) {
  start();
  for (int round = 0; round < 10; ++round) {
    Client client = connect();
    expect_echo(client, "Hello, world!\n");
    options.listen[0].port = endpoint().port();
    stop();
    start();
    ASSERT_FALSE(HasFailure());
  }
}

}  // namespace
}  // namespace echod
