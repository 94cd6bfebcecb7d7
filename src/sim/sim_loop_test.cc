// The loops over the modelled kernel, each kind of fault by itself and often: what a simulated
// world meets by chance, and rarely where it takes many connections or many bytes.
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "engine/loop/loop_test_util.h"
#include "net/socket_options.h"
#include "sim/sim_kernel.h"

namespace echod::sim {
namespace {

constexpr BufferPool::Options kFewBuffers{
    .buffer_size = 1024, .buffer_count_max = 16, .spare_count_max = 16};
constexpr int kRoundsMax = 100'000;

class SimLoopTest : public testing::TestWithParam<LoopKind> {
 protected:
  void SetUp() override {
    loop_ = make_loop(GetParam(), kFewBuffers);
    listener_ = *listen_on(server(), {.blocking = GetParam() != LoopKind::kEpoll});
  }

  // The loop checks, when it goes, that nothing is pending and every buffer came back.
  void TearDown() override { loop_.reset(); }

  static Endpoint server() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(80);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  }

  // Delivers what is in flight, or else advances to the time for which the loop waits.
  void pass_time() {
    SimNetwork& network = kernel_.network();
    const Time next = std::min(network.next(), kernel_.take_wait().until);
    if (next != kNever) network.advance(std::max(next, network.now()));
    if (network.next() <= network.now()) network.deliver();
  }

  // A client, and the server's end of its connection.
  struct Pair {
    Fd client;
    std::unique_ptr<Socket> served;
  };
  Pair connect() {
    Pair pair;
    pair.client = *client_socket(AF_INET, {});
    kernel_.connect(pair.client.get(), server().get(), server().size());
    while (kernel_.network().next() != kNever) pass_time();
    pair.served =
        std::make_unique<Socket>(*loop_, Fd(kernel_.accept4(listener_.get(), nullptr, nullptr, 0)));
    ECHOD_CHECK(pair.served->attach());
    return pair;
  }

  // Runs `task` to its end, meanwhile calling `meanwhile`.
  template <typename T, typename Meanwhile>
  Result<T> run(Task<T> task, Meanwhile meanwhile) {
    task.start();
    for (int round = 0; !task.done(); ++round) {
      ECHOD_CHECK(round < kRoundsMax);
      loop_->run_once();
      meanwhile();
      pass_time();
    }
    return task.result();
  }
  template <typename T>
  Result<T> run(Task<T> task) {
    return run(std::move(task), [] {});
  }

  // What the client does as if no call ever failed.
  template <typename Act>
  auto as_client(Act act) {
    kernel_.set_faulty(false);
    auto result = act();
    kernel_.set_faulty(true);
    return result;
  }
  ssize_t client_sends(const Fd& client, std::string_view bytes) {
    return as_client([&] { return kernel_.send(client.get(), bytes.data(), bytes.size(), 0); });
  }

  // A client sends `size` bytes, `piece` at a time, to who receives them with `receive`, and all
  // of them arrive although calls are interrupted.
  void expect_all_received(Task<std::string> (*receive)(Socket&, size_t), size_t size,
                           size_t piece) {
    Pair pair = connect();
    faults_.interrupted = 0.5;
    faults_.again = 0.3;
    const std::string sent = pattern_of(size);
    size_t done = 0;
    auto client = [&] {
      const ssize_t taken = client_sends(pair.client, std::string_view(sent).substr(done, piece));
      if (taken > 0) done += static_cast<size_t>(taken);
    };
    Result<std::string> received = run(receive(*pair.served, size), client);
    ASSERT_TRUE(received);
    EXPECT_EQ(*received, sent);
  }

  Random random_{1};
  Faults faults_;
  SimKernel kernel_{random_, faults_};
  KernelScope scope_{kernel_};
  std::unique_ptr<EventLoop> loop_;
  Fd listener_;
};

// Receives `size` bytes, each time into a large buffer.
Task<std::string> receive_in_bulk(Socket& socket, size_t size) {
  std::string text;
  while (text.size() < size) {
    Operation operation = Operation::receive(socket, kNever);
    operation.bulk = true;
    co_await perform(socket.loop(), operation);
    if (!operation.chunk) break;
    text += operation.chunk.text();
  }
  co_return std::move(text);
}

TEST_P(SimLoopTest, EveryEndGivesItsBufferBack) {
  for (uint32_t i = 0; i < 8 * kFewBuffers.buffer_count_max; ++i) {
    Pair pair = connect();
    kernel_.shutdown(pair.client.get(), SHUT_WR);
    Result<Chunk> received = run(receive(*pair.served));
    ASSERT_TRUE(received) << "the end of connection " << i;
    EXPECT_FALSE(*received);
  }
  Pair pair = connect();
  client_sends(pair.client, "still here");
  Result<std::string> received = run(receive_text(*pair.served, 10));
  ASSERT_TRUE(received);
  EXPECT_EQ(*received, "still here");
}

TEST_P(SimLoopTest, ReceivesAllTheSameWhereEveryOtherCallIsInterrupted) {
  expect_all_received(receive_text, 20'000, 700);
}

TEST_P(SimLoopTest, ReceivesInBulkWhereEveryOtherCallIsInterrupted) {
  expect_all_received(receive_in_bulk, 200'000, 200'000);
}

TEST_P(SimLoopTest, SendsAllTheSameWhereCallsAreInterruptedAndWritesShort) {
  Pair pair = connect();
  faults_.interrupted = 0.5;
  faults_.again = 0.3;
  faults_.short_write = 0.5;
  const std::string sent = pattern_of(20'000);
  std::string received(sent.size(), '\0');
  size_t done = 0;
  auto client = [&] {
    const ssize_t size = as_client([&] {
      return kernel_.recv(pair.client.get(), received.data() + done, received.size() - done, 0);
    });
    if (size > 0) done += static_cast<size_t>(size);
  };
  ASSERT_TRUE(run(send_text(*pair.served, sent), client));
  for (int round = 0; done < sent.size() && round < kRoundsMax; ++round) {
    pass_time();
    client();
  }
  EXPECT_EQ(received, sent);
}

TEST_P(SimLoopTest, AcceptsAllTheSameWhereEveryOtherCallIsInterrupted) {
  Socket listener(*loop_, std::move(listener_));
  ASSERT_TRUE(listener.attach());
  faults_.interrupted = 0.5;
  for (int i = 0; i < 20; ++i) {
    Fd client = as_client([] { return *client_socket(AF_INET, {}); });
    kernel_.connect(client.get(), server().get(), server().size());
    Arrival arrival;
    Operation operation = Operation::accept(listener, arrival);
    ASSERT_TRUE(run(perform(*loop_, operation)));
    EXPECT_TRUE(arrival.socket.valid());
  }
}

// Far more than the modelled ring's 64, and than there are buffers.
TEST_P(SimLoopTest, MoreRequestsInARoundThanTheQueueHolds) {
  if (GetParam() == LoopKind::kBlocking) GTEST_SKIP() << "it has no queue";
  constexpr size_t kPairs = 200;
  std::vector<Pair> pairs;
  std::vector<Task<std::string>> receiving;
  for (size_t i = 0; i < kPairs; ++i) pairs.push_back(connect());
  for (const Pair& pair : pairs) {
    receiving.push_back(receive_text(*pair.served, 4));
    receiving.back().start();
  }
  for (const Pair& pair : pairs) client_sends(pair.client, "each");
  auto all_done = [&] {
    return std::ranges::all_of(receiving, [](const auto& task) { return task.done(); });
  };
  for (int round = 0; !all_done(); ++round) {
    ASSERT_LT(round, kRoundsMax);
    loop_->run_once();
    pass_time();
  }
  for (Task<std::string>& task : receiving) {
    const Result<std::string> received = task.result();
    ASSERT_TRUE(received);
    EXPECT_EQ(*received, "each");
  }
}

INSTANTIATE_TEST_SUITE_P(Loops, SimLoopTest,
                         testing::Values(LoopKind::kBlocking, LoopKind::kEpoll, LoopKind::kUring),
                         loop_name);

}  // namespace
}  // namespace echod::sim
