// Shutdown phases: draining ends idle operations, aborting ends all, from any thread.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "engine/loop/event_loop.h"
#include "engine/loop/loop_test_util.h"

namespace echod {
namespace {

constexpr int kRounds = 50;  // of what depends on how two threads interleave
constexpr size_t kMoreThanFits =
    1 << 20;  // bytes: more than the kernel takes for a peer that is asleep

class PhaseTest : public LoopTest {
 protected:
  PhaseTest()
      : LoopTest({.buffer_size = kMoreThanFits, .buffer_count_max = 256, .spare_count_max = 1}) {}

  void expect_aborted(Task<>& task, During during) { expect_ended(task, Errc::kAborted, during); }
  void expect_drained(Task<>& task, During during) { expect_ended(task, Errc::kDrained, during); }

  void expect_ended(Task<>& task, Errc code, During during) {
    ASSERT_TRUE(task.done());
    Result<void> result = task.result();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, code);
    EXPECT_EQ(result.error().during, during);
  }

  // An operation that waits while `other` runs the loop, on a fresh loop each round.
  template <typename Body>
  void on_fresh_loops(Body body) {
    for (int round = 0; round < kRounds; ++round) {
      std::unique_ptr<EventLoop> fresh = make_loop(GetParam(), kTestBuffers);
      Watchdog watchdog(*fresh);
      body(*fresh);
    }
  }
};

ECHOD_ON_EVERY_LOOP(PhaseTest);

TEST_P(PhaseTest, OnlyGoesUp) {
  EXPECT_EQ(loop().phase(), Phase::kServing);
  loop().request(Phase::kDraining);
  EXPECT_TRUE(run(sleep_until(loop(), soon())));
  EXPECT_EQ(loop().phase(), Phase::kDraining);
  loop().request(Phase::kServing);
  EXPECT_TRUE(run(sleep_until(loop(), soon())));
  EXPECT_EQ(loop().phase(), Phase::kDraining);
  loop().request(Phase::kAborting);
  loop().request(Phase::kDraining);
  EXPECT_FALSE(run(sleep_until(loop(), soon())));
  EXPECT_EQ(loop().phase(), Phase::kAborting);
}

TEST_P(PhaseTest, StoppingEndsNothing) {
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  Operation idle = Operation::receive(*socket, kNever);
  idle.ends_on_drain = true;
  Task<> idling = perform(loop(), idle);
  idling.start();
  loop().request(Phase::kStopping);
  EXPECT_TRUE(run(sleep_until(loop(), soon())));
  EXPECT_EQ(loop().phase(), Phase::kStopping);
  EXPECT_FALSE(idling.done());
  write_all(pair.far, "hello");
  run_until([&idling] { return idling.done(); });
  EXPECT_EQ(idle.chunk.text(), "hello");
}

TEST_P(PhaseTest, DrainingEndsIdleOperationsAlone) {
  SocketPair idle_pair = unix_pair();
  SocketPair busy_pair = unix_pair();
  TestListener listening = listener();
  auto idle_socket = attached(std::move(idle_pair.near));
  auto busy_socket = attached(std::move(busy_pair.near));
  auto listening_socket = attached(std::move(listening.socket));
  Arrival address;
  Operation accept = Operation::accept(*listening_socket, address);
  Operation idle_receive = Operation::receive(*idle_socket, kNever);
  Operation idle_sleep = Operation::sleep(kNever);
  accept.ends_on_drain = idle_receive.ends_on_drain = idle_sleep.ends_on_drain = true;
  Operation busy_receive = Operation::receive(*busy_socket, kNever);
  Operation busy_sleep = Operation::sleep(soon() + std::chrono::milliseconds(30));
  Task<> accepting = perform(loop(), accept);
  Task<> receiving = perform(loop(), idle_receive);
  Task<> sleeping = perform(loop(), idle_sleep);
  Task<> busy_receiving = perform(loop(), busy_receive);
  Task<> busy_sleeping = perform(loop(), busy_sleep);
  for (Task<>* task : {&accepting, &receiving, &sleeping, &busy_receiving, &busy_sleeping}) {
    task->start();
  }
  EXPECT_TRUE(run(sleep_until(loop(), soon())));
  loop().request(Phase::kDraining);
  run_until([&] { return accepting.done() && receiving.done() && sleeping.done(); });
  expect_drained(accepting, During::kAccept);
  expect_drained(receiving, During::kReceive);
  expect_drained(sleeping, During::kNone);
  EXPECT_FALSE(busy_receiving.done());
  write_all(busy_pair.far, "the rest");
  run_until([&] { return busy_receiving.done() && busy_sleeping.done(); });
  EXPECT_TRUE(busy_receiving.result());
  EXPECT_EQ(busy_receive.chunk.text(), "the rest");
  EXPECT_TRUE(busy_sleeping.result());
}

TEST_P(PhaseTest, ADrainingLoopStartsNothingIdle) {
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  loop().request(Phase::kDraining);
  EXPECT_TRUE(run(sleep_until(loop(), soon())));
  write_all(pair.far, "hello");
  Operation idle = Operation::receive(*socket, kNever);
  idle.ends_on_drain = true;
  Task<> idling = perform(loop(), idle);
  run_all(idling);
  expect_drained(idling, During::kReceive);
  EXPECT_EQ(run(receive_text(*socket, 5)), "hello");
  EXPECT_TRUE(run(send(*socket, chunk("answer"))));
  EXPECT_EQ(read_exactly(pair.far, 6), "answer");
}

TEST_P(PhaseTest, AbortingEndsEverything) {
  SocketPair receiving_pair = unix_pair();
  SocketPair sending_pair = unix_pair();
  TestListener listening = listener();
  auto receiving_socket = attached(std::move(receiving_pair.near));
  auto sending_socket = attached(std::move(sending_pair.near));
  auto listening_socket = attached(std::move(listening.socket));
  Arrival address;
  Operation accept = Operation::accept(*listening_socket, address);
  Operation receive_op = Operation::receive(*receiving_socket, kNever);
  Operation send_op = Operation::send(*sending_socket, chunk(pattern_of(kMoreThanFits)), kNever);
  Operation sleep = Operation::sleep(loop().now() + std::chrono::hours(1));
  Task<> accepting = perform(loop(), accept);
  Task<> receiving = perform(loop(), receive_op);
  Task<> sending = perform(loop(), send_op);
  Task<> sleeping = perform(loop(), sleep);
  for (Task<>* task : {&accepting, &receiving, &sending, &sleeping}) task->start();
  EXPECT_TRUE(run(sleep_until(loop(), soon())));
  loop().request(Phase::kAborting);
  run_until(
      [&] { return accepting.done() && receiving.done() && sending.done() && sleeping.done(); });
  expect_aborted(accepting, During::kAccept);
  expect_aborted(receiving, During::kReceive);
  expect_aborted(sending, During::kSend);
  expect_aborted(sleeping, During::kNone);
  for (bool idle : {false, true}) {
    Operation later = Operation::sleep(kNever);
    later.ends_on_drain = idle;
    Task<> sleeping_later = perform(loop(), later);
    run_all(sleeping_later);
    expect_aborted(sleeping_later, During::kNone);
  }
}

Task<> receives_for_ever(Socket& socket) {
  while (true) std::ignore = co_await receive(socket);
}

// An operation that used up its turn waits in a queue, where draining must find it too: whichever
// of them comes when the bytes are just used up.
TEST_P(PhaseTest, AbortingEndsWhatIsQueued) {
  constexpr BufferPool::Options kSmall{
      .buffer_size = 16, .buffer_count_max = 256, .spare_count_max = 16};
  for (size_t chunks = 1; chunks <= 40; ++chunks) {
    std::unique_ptr<EventLoop> fresh = make_loop(GetParam(), kSmall);
    Watchdog watchdog(*fresh);
    SocketPair pair = unix_pair();
    Socket socket(*fresh, std::move(pair.near));
    ASSERT_TRUE(socket.attach());
    write_all(pair.far, pattern_of(chunks * 16));
    Task<> task = receives_for_ever(socket);
    task.start();
    fresh->run_once();
    fresh->request(Phase::kAborting);
    while (!task.done()) fresh->run_once();
    expect_aborted(task, During::kReceive);
  }
}

// --- From another thread, while this one sleeps in a call or is about to -------------------------

Task<> receives_idle(Socket& socket) {
  Operation operation = Operation::receive(socket, kNever);
  operation.ends_on_drain = true;
  co_await perform(socket.loop(), operation);
}

Task<> accepts_idle(Socket& socket) {
  Arrival address;
  Operation operation = Operation::accept(socket, address);
  operation.ends_on_drain = true;
  co_await perform(socket.loop(), operation);
}

Task<> sleeps_idle(EventLoop& loop) {
  Operation operation = Operation::sleep(kNever);
  operation.ends_on_drain = true;
  co_await perform(loop, operation);
}

Task<> receives_nothing(Socket& socket) { std::ignore = co_await receive(socket); }

Task<> sends_too_much(Socket& socket) {
  for (int i = 0; i < 10'000; ++i) {
    co_await send(socket, chunk_of(socket.loop().buffers(), std::string(4096, 'x')));
  }
}

// Runs `task` on `loop` while another thread asks for `phase`; the error it ends with, kSystem
// where it has none.
Errc outcome_of(EventLoop& loop, Task<> task, Phase phase) {
  std::thread other([&loop, phase] { loop.request(phase); });
  task.start();
  while (!task.done()) loop.run_once();
  other.join();
  Result<void> result = task.result();
  return result ? Errc::kSystem : result.error().code;
}

TEST_P(PhaseTest, AnotherThreadEndsAReceive) {
  on_fresh_loops([](EventLoop& loop) {
    for (bool draining : {true, false}) {
      SocketPair pair = tcp_pair();
      Socket socket(loop, std::move(pair.near));
      ASSERT_TRUE(socket.attach());
      if (draining) {
        EXPECT_EQ(outcome_of(loop, receives_idle(socket), Phase::kDraining), Errc::kDrained);
      } else {
        EXPECT_EQ(outcome_of(loop, receives_nothing(socket), Phase::kAborting), Errc::kAborted);
      }
    }
  });
}

TEST_P(PhaseTest, AnotherThreadEndsASend) {
  on_fresh_loops([](EventLoop& loop) {
    SocketPair pair = unix_pair();
    Socket socket(loop, std::move(pair.near));
    ASSERT_TRUE(socket.attach());
    EXPECT_EQ(outcome_of(loop, sends_too_much(socket), Phase::kAborting), Errc::kAborted);
  });
}

TEST_P(PhaseTest, AnotherThreadEndsASleep) {
  on_fresh_loops([](EventLoop& loop) {
    EXPECT_EQ(outcome_of(loop, sleeps_idle(loop), Phase::kDraining), Errc::kDrained);
    EXPECT_EQ(outcome_of(loop, sleep_until(loop, kNever), Phase::kAborting), Errc::kAborted);
  });
}

TEST_P(PhaseTest, AnotherThreadEndsAnAccept) {
  bool blocking = GetParam() != LoopKind::kEpoll;
  on_fresh_loops([blocking](EventLoop& loop) {
    TestListener listening = listen_on_loopback({.blocking = blocking});
    Socket socket(loop, std::move(listening.socket));
    ASSERT_TRUE(socket.attach());
    EXPECT_EQ(outcome_of(loop, accepts_idle(socket), Phase::kDraining), Errc::kDrained);
  });
}

TEST_P(PhaseTest, DrainingFromAnotherThreadLeavesTheBusyAlone) {
  on_fresh_loops([](EventLoop& loop) {
    SocketPair pair = tcp_pair();
    Socket socket(loop, std::move(pair.near));
    ASSERT_TRUE(socket.attach());
    std::thread other([&loop, &pair] {
      loop.request(Phase::kDraining);
      write_all(pair.far, "hello");
    });
    Task<std::string> receiving = receive_text(socket, 5);
    receiving.start();
    while (!receiving.done()) loop.run_once();
    other.join();
    EXPECT_EQ(receiving.result(), "hello");
  });
}

// One of a loop's connections is idle, another one is not.
TEST_P(PhaseTest, DrainingFromAnotherThreadTellsTheIdleFromTheBusy) {
  on_fresh_loops([](EventLoop& loop) {
    SocketPair idle = tcp_pair();
    SocketPair busy = tcp_pair();
    Socket idle_socket(loop, std::move(idle.near));
    Socket busy_socket(loop, std::move(busy.near));
    ASSERT_TRUE(idle_socket.attach());
    ASSERT_TRUE(busy_socket.attach());
    Task<> idling = receives_idle(idle_socket);
    Task<std::string> receiving = receive_text(busy_socket, 5);
    idling.start();
    receiving.start();
    std::thread other([&loop, &busy] {
      loop.request(Phase::kDraining);
      write_all(busy.far, "hello");
    });
    while (!receiving.done() || !idling.done()) loop.run_once();
    other.join();
    EXPECT_EQ(receiving.result(), "hello");
    Result<void> idled = idling.result();
    ASSERT_FALSE(idled);
    EXPECT_EQ(idled.error().code, Errc::kDrained);
  });
}

}  // namespace
}  // namespace echod
