// Clients that do not read, or hardly: the server stops reading from them, holds a bounded amount,
// serves the others, and ends those that stay stuck, but not those that only are slow.
#include <algorithm>
#include <chrono>
#include <thread>

#include "conformance/client_side.h"
#include "conformance/server_fixture.h"

namespace echod {
namespace {

using namespace std::chrono_literals;

// Kernel buffers of this size make it quick to fill them.
constexpr size_t kBufferSize = 64 << 10;
const Client::Options kSmallBuffers = {
    .from = {}, .receive_buffer = 16 << 10, .send_buffer = 32 << 10};

// What a client that never reads may have sent beyond kernel buffers is one receive buffer; this
// leaves the kernel's accounting room.
constexpr size_t kTakenMax = 2 << 20;

class SlowClientTest : public ServerTest {
 protected:
  SlowClientTest() { options.socket.buffer_size = kBufferSize; }
};
ECHOD_ON_EVERY_ENGINE(SlowClientTest);

TEST_P(SlowClientTest, OneThatNeverReadsIsBoundedAndClosedByTheStallTimeout) {
  options.stall_timeout = 500ms;
  start();
  Client stuck = connect(kSmallBuffers);
  size_t taken = stuck.send_until_blocked(64 << 20);
  EXPECT_LT(taken, kTakenMax);
  EXPECT_TRUE(log.comes_to_say("Client did not read for 500ms, connection closed")) << log.all();
  // The server has freed the connection although its client still is there.
  EXPECT_TRUE(comes_to_connections(0));
  EXPECT_EQ(stuck.wait_for_end(), Client::Status::kReset);
}

TEST_P(SlowClientTest, OthersAreServedWhileOneNeverReads) {
  if (!serves_several()) GTEST_SKIP() << "one client at a time";
  options.stall_timeout = 1h;
  start();
  Client stuck = connect(kSmallBuffers);
  EXPECT_LT(stuck.send_until_blocked(64 << 20), kTakenMax);
  for (int i = 0; i < 20; ++i) {
    Client other = connect();
    std::string bytes = pattern(50'000);
    EXPECT_TRUE(other.exchange(bytes) == bytes);
  }
  EXPECT_FALSE(log.count("Client did not read") > 0);
  EXPECT_LT(stuck.send_until_blocked(64 << 20), kTakenMax);  // still nothing is taken
}

// Sends on all of them until none of them can any more, and no longer than `deadline`. Returns the
// most that one of them sent.
size_t fill_all(std::vector<Client>& clients, Deadline deadline) {
  std::vector<size_t> sent(clients.size());
  bool progress = true;
  while (progress && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kQuiet);
    progress = false;
    for (size_t i = 0; i < clients.size(); ++i) {
      while (sent[i] < 4 * kTakenMax) {
        ssize_t size = clients[i].try_send(pattern_from(sent[i]));
        if (size <= 0) break;
        sent[i] += static_cast<size_t>(size);
        progress = true;
      }
    }
  }
  return *std::ranges::max_element(sent);
}

TEST_P(SlowClientTest, TwoHundredThatNeverRead) {
  if (!has_event_loops()) GTEST_SKIP() << "a thread for each: see OthersAreServed...";
  constexpr size_t kStuck = 200;
  options.stall_timeout = 2s;
  start();
  std::vector<Client> stuck = connect_many(kStuck, kSmallBuffers);
  EXPECT_LT(fill_all(stuck, patience()), kTakenMax);
  for (int i = 0; i < 20; ++i) {
    Client other = connect();
    std::string bytes = pattern(50'000);
    EXPECT_TRUE(other.exchange(bytes) == bytes);
  }
  EXPECT_TRUE(log.comes_to_say("Client did not read for 2s", kStuck)) << log.all();
  EXPECT_TRUE(comes_to_connections(0));
}

// When a stuck client reads again before the stall timeout, everything is there.
TEST_P(SlowClientTest, OneThatReadsAgainGetsEverything) {
  options.stall_timeout = 1h;
  start();
  Client client = connect(kSmallBuffers);
  size_t sent = client.send_until_blocked(64 << 20);
  client.shut_down_sending();
  EXPECT_EQ(client.receive_pattern_and_end(sent), "");
}

// It takes longer than the stall timeout in all, but each buffer is taken in far less.
TEST_P(SlowClientTest, OneThatReadsSlowlyIsServed) {
  // A receiver of small buffers drops segments now and then, and the kernel repeats them only after
  // a pause that doubles: longer than a second on a busy machine.
  options.stall_timeout = 4s;
  start();
  Client client = connect(kSmallBuffers);
  constexpr size_t kSize = 400 << 10;
  std::jthread sender = client_thread([&] {
    client.send_all(pattern(kSize));
    client.shut_down_sending();
  });
  std::string received;
  char room[1 << 10];
  auto status = Client::Status::kBytes;
  while (status == Client::Status::kBytes) {
    std::this_thread::sleep_for(12ms);
    Client::Received part = client.receive_some(room);
    received.append(room, part.size);
    status = part.status;
  }
  sender.join();
  EXPECT_EQ(status, Client::Status::kFinished);
  EXPECT_TRUE(received == pattern(kSize));
}

// One byte at a time is slow, too, but never stuck on either side.
TEST_P(SlowClientTest, OneThatSendsSlowlyIsNotTakenForIdle) {
  options.idle_timeout = 1s;
  start();
  Client client = connect();
  Time begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < 1500ms) {
    expect_echo(client, "x");
    std::this_thread::sleep_for(50ms);
  }
}

}  // namespace
}  // namespace echod
