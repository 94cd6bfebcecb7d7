// Receives into large buffers (Operation::bulk), which every loop makes in a way of its own, and
// more receives at once than there are buffers for.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "engine/loop/event_loop.h"
#include "engine/loop/loop_test_util.h"

namespace echod {
namespace {

constexpr Error kCancelled{.code = Errc::kProtocol, .during = During::kNone, .os_error = 99};

class BulkTest : public LoopTest {
 protected:
  Task<Chunk> receive_bulk(Socket& socket, Deadline deadline = kNever) {
    Operation operation = Operation::receive(socket, deadline);
    operation.bulk = true;
    co_await perform(loop(), operation);
    co_return std::move(operation.chunk);
  }

  Task<std::string> receive_all_bulk(Socket& socket) {
    std::string text;
    while (Chunk chunk = co_await receive_bulk(socket)) text += chunk.text();
    co_return std::move(text);
  }
};

ECHOD_ON_EVERY_LOOP(BulkTest);

TEST_P(BulkTest, TakesMoreAtOnceThanAnOrdinaryBufferHolds) {
  if (GetParam() == LoopKind::kBlocking) GTEST_SKIP() << "it has one size";
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  const std::string text = pattern_of(3 * kTestBuffers.buffer_size);
  write_all(pair.far, text);
  Result<Chunk> received = run(receive_bulk(*socket));
  ASSERT_TRUE(received);
  EXPECT_EQ(received->text(), text);
}

TEST_P(BulkTest, WaitsForBytesAndThenForTheEnd) {
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  const std::string text = pattern_of(1 << 20);
  std::thread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    write_all(pair.far, text);
    pair.far.close();
  });
  Result<std::string> received = run(receive_all_bulk(*socket));
  writer.join();
  ASSERT_TRUE(received);
  EXPECT_TRUE(*received == text);
}

TEST_P(BulkTest, EndsByItsDeadlineAndTheSocketWorksOn) {
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  Result<Chunk> received = run(receive_bulk(*socket, soon()));
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error(), (Error{Errc::kTimeout, During::kReceive}));
  write_all(pair.far, "late");
  EXPECT_EQ(run(receive_text(*socket, 4)), "late");
}

TEST_P(BulkTest, EndsWhenCancelled) {
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  Operation operation = Operation::receive(*socket, kNever);
  operation.bulk = true;
  Task<> receiving = perform(loop(), operation);
  receiving.start();
  loop().cancel(operation, kCancelled);
  run_until([&] { return receiving.done(); });
  ASSERT_FALSE(receiving.result());
  EXPECT_EQ(operation.error, kCancelled);
}

TEST_P(BulkTest, ReportsAReset) {
  SocketPair pair = tcp_pair();
  auto socket = attached(std::move(pair.near));
  reset_on_close(pair.far.get());
  pair.far.close();
  Result<Chunk> received = run(receive_bulk(*socket));
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().code, Errc::kReset);
}

TEST_P(BulkTest, AnOrdinaryBufferHasToDoWhereAllLargeOnesAreTaken) {
  if (GetParam() == LoopKind::kBlocking) GTEST_SKIP() << "it has one size";
  std::vector<Chunk> held;
  for (uint32_t i = 0; i < kBulkBuffers.buffer_count_max + 1; ++i) {
    SocketPair pair = unix_pair();
    auto socket = attached(std::move(pair.near));
    write_all(pair.far, pattern_of(2 * kTestBuffers.buffer_size));
    Result<Chunk> received = run(receive_bulk(*socket));
    ASSERT_TRUE(received);
    held.push_back(std::move(*received));
  }
  EXPECT_EQ(held.front().size(), 2 * kTestBuffers.buffer_size);
  EXPECT_EQ(held.back().size(), kTestBuffers.buffer_size);
}

// All have bytes before the loop looks, and each holds its buffer until all have one.
TEST_P(BulkTest, FarMoreReceivesAtOnceThanBuffersLentToTheKernel) {
  if (GetParam() == LoopKind::kBlocking) GTEST_SKIP() << "its operations wait in poll(2)";
  constexpr size_t kSockets = 400;
  std::vector<SocketPair> pairs;
  std::vector<std::unique_ptr<Socket>> sockets;
  std::vector<Task<Chunk>> receiving;
  for (size_t i = 0; i < kSockets; ++i) {
    pairs.push_back(unix_pair());
    sockets.push_back(attached(std::move(pairs.back().near)));
    receiving.push_back(receive(*sockets.back()));
    receiving.back().start();
  }
  for (size_t i = 0; i < kSockets; ++i) write_all(pairs[i].far, "message " + std::to_string(i));
  run_until(
      [&] { return std::ranges::all_of(receiving, [](const auto& task) { return task.done(); }); });
  for (size_t i = 0; i < kSockets; ++i) {
    Result<Chunk> received = receiving[i].result();
    ASSERT_TRUE(received) << i;
    EXPECT_EQ(received->text(), "message " + std::to_string(i));
  }
}

}  // namespace
}  // namespace echod
