// send_now(): what the kernel takes at once is sent without an operation, and everything else is
// left to one.
#include <gtest/gtest.h>

#include <string>

#include "engine/loop/loop_test_util.h"

namespace echod {
namespace {

class SendNowTest : public LoopTest {
 protected:
  void SetUp() override {
    if (GetParam() == LoopKind::kBlocking) GTEST_SKIP() << "it leaves all sends to operations";
    LoopTest::SetUp();
    pair_ = unix_pair();
    socket_ = attached(std::move(pair_.near));
  }

  void TearDown() override {
    socket_.reset();
    LoopTest::TearDown();
  }

  // How many of `count` sends of a byte are taken in a row.
  int taken_of(int count) {
    int taken = 0;
    for (int i = 0; i < count; ++i) {
      Chunk byte = chunk("x");
      EXPECT_TRUE(socket_->send_now(byte, kNever));
      if (!byte) ++taken;
    }
    return taken;
  }

  SocketPair pair_;
  std::unique_ptr<Socket> socket_;
};

ECHOD_ON_EVERY_LOOP(SendNowTest);

TEST_P(SendNowTest, SendsAtOnce) {
  Chunk hello = chunk("hello");
  EXPECT_TRUE(socket_->send_now(hello, kNever));
  EXPECT_FALSE(hello);
  EXPECT_EQ(read_exactly(pair_.far, 5), "hello");
}

// A peer that always has room must not keep the loop from others.
TEST_P(SendNowTest, LeavesTheTurnToOthers) {
  const int most = EpollLoop::kOperationsPerWakeUp;
  EXPECT_EQ(taken_of(2 * most), most);
  EXPECT_TRUE(run(sleep_until(loop(), Time::min())));  // a yield
  EXPECT_TRUE(run(send(*socket_, chunk("x"))));
  EXPECT_EQ(read_exactly(pair_.far, most + 1), std::string(most + 1, 'x'));
}

TEST_P(SendNowTest, KeepsWhatTheKernelDoesNotTake) {
  std::string sent;
  Chunk left;
  while (!left) {
    left = chunk(pattern_of(kTestBuffers.buffer_size));
    EXPECT_TRUE(run(sleep_until(loop(), Time::min())));
    EXPECT_TRUE(socket_->send_now(left, kNever));
    sent += pattern_of(kTestBuffers.buffer_size);
  }
  Task<> rest = send(*socket_, std::move(left));
  rest.start();
  std::string received;
  while (received.size() < sent.size()) {
    received += read_exactly(pair_.far, std::min<size_t>(512, sent.size() - received.size()));
    if (!rest.done()) loop().run_once_by(loop().now());
  }
  run_until([&rest] { return rest.done(); });
  EXPECT_TRUE(rest.result());
  EXPECT_TRUE(received == sent);
}

TEST_P(SendNowTest, FailsAsTheSendWould) {
  pair_.far.close();
  Chunk hello = chunk("hello");
  const Result<void> sent = socket_->send_now(hello, kNever);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::kReset);
  EXPECT_EQ(sent.error().during, During::kSend);
}

TEST_P(SendNowTest, TakesNothingAfterTheDeadlineOrTheAbort) {
  Chunk late = chunk("late");
  EXPECT_TRUE(socket_->send_now(late, loop().now()));
  EXPECT_EQ(late.text(), "late");
  loop().request(Phase::kAborting);
  run_until([this] { return loop().phase() == Phase::kAborting; });
  EXPECT_TRUE(socket_->send_now(late, kNever));
  EXPECT_EQ(late.text(), "late");
}

}  // namespace
}  // namespace echod
