// More clients than there may be: they wait, or are refused, and those within the limits do not
// notice.
#include <chrono>

#include "conformance/server_fixture.h"

namespace echod {
namespace {

class LimitsTest : public ServerTest {
 protected:
  // `waiting` has sent its line and gets nothing before a place is free.
  void expect_served_after(Client& waiting, Client& leaving, std::string_view line) {
    waiting.send_all(line);
    EXPECT_FALSE(waiting.has_news());
    leaving.close();
    EXPECT_EQ(waiting.receive_exactly(line.size()), line);
  }
};
ECHOD_ON_EVERY_ENGINE(LimitsTest);

TEST_P(LimitsTest, BeyondMaxConnectionsTheNextClientWaits) {
  options.connections_max = serves_several() ? 2 : 1;
  if (has_event_loops()) options.workers = 1;  // each loop has clients of its own in line
  start();
  std::vector<Client> served = connect_many(options.connections_max);
  for (Client& client : served) expect_echo(client, "within\n");
  Client third = connect();
  Client fourth = connect();
  expect_served_after(third, served.front(), "third\n");
  EXPECT_EQ(server().connections(), options.connections_max);
  EXPECT_FALSE(fourth.has_news());
  expect_served_after(fourth, third, "fourth\n");
}

// Which of those that wait comes first is the kernel's choice, when several loops have one in line.
TEST_P(LimitsTest, EveryWaitingClientIsServedInTheEnd) {
  options.connections_max = 1;
  start();
  Client served = connect();
  expect_echo(served, "within\n");
  std::vector<Client> waiting = connect_many(20);
  for (Client& client : waiting) {
    client.send_all("waited\n");
    client.shut_down_sending();
  }
  EXPECT_FALSE(waiting.front().has_news());
  served.close();
  for (Client& client : waiting) EXPECT_EQ(client.receive_until_end(), "waited\n");
}

TEST_P(LimitsTest, AWaitingClientMayLeave) {
  options.connections_max = 1;
  start();
  Client served = connect();
  expect_echo(served, "within\n");
  for (int i = 0; i < 10; ++i) {
    Client waiting = connect();
    waiting.send_all("never read\n");
    if (i % 2 == 0) waiting.reset();
  }
  expect_echo(served, "still here\n");
  Client last = connect();
  expect_served_after(last, served, "last\n");
}

TEST_P(LimitsTest, BeyondMaxConnectionsPerSourceAClientIsRefused) {
  if (!serves_several()) GTEST_SKIP() << "one client at a time: a source never has two";
  options.connections_per_source_max = 2;
  start();
  Client::Options greedy{.from = "127.0.0.2"};
  Client::Options modest{.from = "127.0.0.3"};
  std::vector<Client> served = connect_many(2, greedy);
  for (Client& client : served) expect_echo(client, "within\n");
  Client refused = connect(greedy);
  EXPECT_NE(refused.wait_for_end(), Client::Status::kDeadline);
  EXPECT_TRUE(log.comes_to_say("Connection refused: per-source limit reached")) << log.all();
  Client other = connect(modest);
  expect_echo(other, "another source\n");
  // A place is given back when its client leaves.
  served.pop_back();
  ASSERT_TRUE(comes_to_connections(2));
  Client next = connect(greedy);
  expect_echo(next, "a place again\n");
}

TEST_P(LimitsTest, AGreedySourceDoesNotKeepOthersOut) {
  if (!serves_several()) GTEST_SKIP() << "one client at a time: a source never has two";
  options.connections_per_source_max = 3;
  options.connections_max = 4;
  start();
  std::vector<Client> greedy = connect_many(100, {.from = "127.0.0.2"});
  Client other = connect({.from = "127.0.0.3"});
  expect_echo(other, "another source\n");
}

TEST_P(LimitsTest, BeyondMaxThreadsTheNextClientWaits) {
  if (GetParam() != EngineKind::kThreads) GTEST_SKIP() << "the threads engine's limit";
  options.workers = 2;
  start();
  std::vector<Client> served = connect_many(2);
  for (Client& client : served) expect_echo(client, "within\n");
  Client third = connect();
  expect_served_after(third, served.front(), "third\n");
  expect_echo(served.back(), "still here\n");
}

TEST_P(LimitsTest, APoolsQueueIsBounded) {
  if (GetParam() != EngineKind::kPool) GTEST_SKIP() << "the pool engine's limit";
  options.workers = 1;
  options.queue_max = 2;
  start();
  std::vector<Client> clients = connect_many(1);
  expect_echo(clients.front(), "the one worker's\n");
  // Two more are queued, one is held by the accepting thread, the others stay in the kernel.
  for (Client& client : connect_many(6)) clients.push_back(std::move(client));
  for (size_t i = 1; i < clients.size(); ++i) clients[i].send_all("queued\n");
  ASSERT_TRUE(comes_to_connections(4));
  EXPECT_FALSE(clients.back().has_news());
  EXPECT_EQ(server().connections(), 4u);
  // They are served one by one, in the order they came.
  for (size_t i = 1; i < clients.size(); ++i) {
    clients[i - 1].close();
    EXPECT_EQ(clients[i].receive_exactly(7), "queued\n");
  }
}

// More clients than a pool has workers and places in its queue, or than one at a time: each is
// served in its turn.
TEST_P(LimitsTest, ManyMoreClientsThanCanBeServedAtOnce) {
  if (GetParam() == EngineKind::kThreads) options.workers = 16;
  if (has_event_loops()) options.connections_max = 16;
  options.queue_max = 20;
  start();
  std::vector<Client> clients = connect_many(200);
  for (Client& client : clients) {
    client.send_all("in turn\n");
    client.shut_down_sending();
  }
  for (Client& client : clients) {
    EXPECT_EQ(client.receive_until_end(), "in turn\n");
    client.close();
  }
}

}  // namespace
}  // namespace echod
