// Operations that end before they are done: by their deadline, or because somebody cancels them.
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "engine/loop/event_loop.h"
#include "engine/loop/loop_test_util.h"

namespace echod {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr Error kReason{Errc::kProtocol, During::kNone, 99};
constexpr size_t kTooMuch = 1 << 20;  // bytes: more than the kernel takes for a peer that is asleep

class DeadlineTest : public LoopTest {
 protected:
  DeadlineTest()
      : LoopTest({.buffer_size = kTooMuch, .buffer_count_max = 256, .spare_count_max = 1}) {}

  Time real_now() const { return MonotonicClock().now(); }

  // Several rounds of the loop, for what must not happen in them.
  void run_a_while() { EXPECT_TRUE(run(sleep_until(loop(), soon()))); }
};

ECHOD_ON_EVERY_LOOP(DeadlineTest);

TEST_P(DeadlineTest, AReceiveEndsByItsDeadline) {
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  for (int i = 0; i < 3; ++i) {
    Deadline deadline = soon();
    Result<Chunk> received = run(receive(*socket, deadline));
    EXPECT_GE(real_now(), deadline) << "never early";
    ASSERT_FALSE(received);
    EXPECT_EQ(received.error(), (Error{Errc::kTimeout, During::kReceive, 0}));
  }
  write_all(pair.far, "late");
  EXPECT_EQ(run(receive_text(*socket, 4)), "late") << "the socket works on";
}

TEST_P(DeadlineTest, ASendEndsByItsDeadlineAndSaysWhatIsLeft) {
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  std::string pattern = pattern_of(kTooMuch);
  Chunk much = chunk(pattern);  // takes long under a sanitizer: not at the deadline's cost
  Deadline deadline = soon();
  Operation sending = Operation::send(*socket, std::move(much), deadline);
  Result<void> sent = run(perform(loop(), sending));
  EXPECT_GE(real_now(), deadline);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error(), (Error{Errc::kTimeout, During::kSend, 0}));
  size_t taken = kTooMuch - sending.chunk.size();
  EXPECT_GT(taken, 0u);
  EXPECT_LT(taken, kTooMuch);
  EXPECT_TRUE(read_exactly(pair.far, taken) == pattern.substr(0, taken));
  EXPECT_TRUE(sending.chunk.text() == std::string_view(pattern).substr(taken));
}

TEST_P(DeadlineTest, ADeadlineInThePastEndsAtOnce) {
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  write_all(pair.far, "there");
  Result<Chunk> received = run(receive(*socket, loop().now() - milliseconds(1)));
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().code, Errc::kTimeout);
  Result<void> sent = run(send(*socket, chunk("hello"), loop().now() - milliseconds(1)));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::kTimeout);
  EXPECT_EQ(run(receive_text(*socket, 5)), "there");
}

TEST_P(DeadlineTest, ADeadlineFarAwayDoesNotMatter) {
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  for (Duration length : {Duration(hours(1)), Duration(hours(24 * 365 * 30))}) {
    write_all(pair.far, "hello");
    Result<Chunk> received = run(receive(*socket, loop().now() + length));
    ASSERT_TRUE(received);
    EXPECT_EQ(received->text(), "hello");
    EXPECT_TRUE(run(send(*socket, chunk("hello"), loop().now() + length)));
  }
}

TEST_P(DeadlineTest, ASleepEndsAtItsDeadline) {
  Deadline deadline = soon();
  EXPECT_TRUE(run(sleep_until(loop(), deadline)));
  EXPECT_GE(real_now(), deadline);
  EXPECT_TRUE(run(sleep_until(loop(), loop().now()))) << "a sleep that is over ends at once";
  EXPECT_TRUE(run(sleep_until(loop(), loop().now() - hours(1))));
}

TEST_P(DeadlineTest, ALongSleepDoesNotHoldUpAShortOne) {
  Operation long_sleep = Operation::sleep(loop().now() + hours(1));
  Operation middle_sleep = Operation::sleep(soon() + milliseconds(20));
  Operation short_sleep = Operation::sleep(soon());
  Task<> sleeping_long = perform(loop(), long_sleep);
  Task<> sleeping_middle = perform(loop(), middle_sleep);
  Task<> sleeping_short = perform(loop(), short_sleep);
  for (Task<>* task : {&sleeping_long, &sleeping_middle, &sleeping_short}) task->start();
  run_until([&] { return sleeping_short.done(); });
  EXPECT_GE(real_now(), short_sleep.deadline);
  run_until([&] { return sleeping_middle.done(); });
  EXPECT_GE(real_now(), middle_sleep.deadline);
  EXPECT_FALSE(sleeping_long.done());
  loop().cancel(long_sleep, kReason);
  run_until([&] { return sleeping_long.done(); });
}

TEST_P(DeadlineTest, TimePassesBesideAReceiveThatWaits) {
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  Task<std::string> receiving = receive_text(*socket, 5);
  receiving.start();
  EXPECT_TRUE(run(sleep_until(loop(), soon())));
  EXPECT_FALSE(receiving.done());
  write_all(pair.far, "hello");
  run_until([&receiving] { return receiving.done(); });
  EXPECT_EQ(receiving.result(), "hello");
}

// --- Cancelling ----------------------------------------------------------------------------------

TEST_P(DeadlineTest, AReceiveCanBeCancelled) {
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  for (bool after_a_while : {false, true}) {
    Operation operation = Operation::receive(*socket, kNever);
    Task<> task = perform(loop(), operation);
    task.start();
    if (after_a_while) run_a_while();
    ASSERT_FALSE(task.done());
    loop().cancel(operation, kReason);
    EXPECT_FALSE(task.done()) << "it ends in a later round";
    run_until([&task] { return task.done(); });
    EXPECT_EQ(task.result(), std::unexpected(kReason));
  }
  write_all(pair.far, "hello");
  EXPECT_EQ(run(receive_text(*socket, 5)), "hello") << "the socket works on";
}

TEST_P(DeadlineTest, ASendCanBeCancelled) {
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  // Beside another operation: alone, the blocking loop would sleep in its call.
  Operation operation = Operation::send(*socket, chunk(pattern_of(kTooMuch)), kNever);
  Task<> task = perform(loop(), operation);
  task.start();
  run_a_while();
  ASSERT_FALSE(task.done());
  loop().cancel(operation, kReason);
  run_until([&task] { return task.done(); });
  EXPECT_EQ(task.result(), std::unexpected(kReason));
  EXPECT_TRUE(operation.chunk) << "what was not sent";
}

TEST_P(DeadlineTest, ASleepCanBeCancelled) {
  Operation operation = Operation::sleep(loop().now() + hours(1));
  Task<> task = perform(loop(), operation);
  task.start();
  loop().cancel(operation, kReason);
  run_until([&task] { return task.done(); });
  EXPECT_EQ(task.result(), std::unexpected(kReason));
}

TEST_P(DeadlineTest, AnAcceptCanBeCancelled) {
  TestListener listening = listener();
  auto socket = attached(std::move(listening.socket));
  Arrival address;
  Operation operation = Operation::accept(*socket, address);
  Task<> task = perform(loop(), operation);
  task.start();
  run_a_while();
  loop().cancel(operation, kReason);
  run_until([&task] { return task.done(); });
  EXPECT_EQ(task.result(), std::unexpected(kReason));
}

TEST_P(DeadlineTest, TheFirstReasonCounts) {
  Operation operation = Operation::sleep(kNever);
  Task<> task = perform(loop(), operation);
  task.start();
  loop().cancel(operation, kReason);
  loop().cancel(operation, {Errc::kAborted});
  run_until([&task] { return task.done(); });
  EXPECT_EQ(task.result(), std::unexpected(kReason));
}

TEST_P(DeadlineTest, WhatIsCompleteCannotBeCancelled) {
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  write_all(pair.far, "hello");
  Operation operation = Operation::receive(*socket, kNever);
  EXPECT_TRUE(run(perform(loop(), operation)));
  loop().cancel(operation, kReason);
  EXPECT_TRUE(operation.outcome());
  EXPECT_EQ(operation.chunk.text(), "hello");
}

// The bytes are there when the cancellation comes: they arrive now or with the next receive.
TEST_P(DeadlineTest, ACancellationThatComesTooLateLosesNothing) {
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  for (int round = 0; round < 20; ++round) {
    Operation operation = Operation::receive(*socket, kNever);
    Task<> task = perform(loop(), operation);
    task.start();
    if (round % 2 == 0) run_a_while();  // so that the kernel knows of it
    write_all(pair.far, "hello");
    loop().cancel(operation, kReason);
    run_until([&task] { return task.done(); });
    Result<void> result = task.result();
    if (result) {
      EXPECT_EQ(operation.chunk.text(), "hello");
    } else {
      EXPECT_EQ(result.error(), kReason);
      EXPECT_FALSE(operation.chunk);
      EXPECT_EQ(run(receive_text(*socket, 5)), "hello");
    }
  }
}

// Receives, and cancels what waits beside it.
Task<> receives_and_cancels(Socket& socket, Operation& other) {
  std::ignore = co_await receive(socket);
  socket.loop().cancel(other, kReason);
}

// Both have bytes in the same round, so the other may be complete, but not resumed, by then.
TEST_P(DeadlineTest, ACancellationInTheSameRoundLosesNothing) {
  SocketPair first = unix_pair();
  SocketPair second = unix_pair();
  auto first_socket = attached(std::move(first.near));
  auto second_socket = attached(std::move(second.near));
  Operation operation = Operation::receive(*second_socket, kNever);
  Task<> cancelling = receives_and_cancels(*first_socket, operation);
  Task<> task = perform(loop(), operation);
  cancelling.start();
  task.start();
  run_a_while();
  write_all(first.far, "x");
  write_all(second.far, "hello");
  run_until([&] { return cancelling.done() && task.done(); });
  Result<void> result = task.result();
  if (result) {
    EXPECT_EQ(operation.chunk.text(), "hello");
  } else {
    EXPECT_EQ(result.error(), kReason);
    EXPECT_FALSE(operation.chunk) << "bytes that nobody will see";
    EXPECT_EQ(run(receive_text(*second_socket, 5)), "hello");
  }
}

}  // namespace
}  // namespace echod
