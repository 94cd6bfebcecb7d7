// The ends of streams in every order with their bytes, and loops with much to do at once: where an
// edge-triggered loop misses an event, a completion loop runs out of buffers, and one busy client
// starves the rest.
#include <gtest/gtest.h>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "engine/loop/event_loop.h"
#include "engine/loop/loop_test_util.h"

namespace echod {
namespace {

class EndOfStreamTest : public LoopTest {
 protected:
  // As much as `socket` receives before the end.
  std::string receive_all(Socket& socket) {
    Result<std::string> text = run(receive_text(socket, SIZE_MAX));
    return text ? *text : describe(text.error());
  }
};

ECHOD_ON_EVERY_LOOP(EndOfStreamTest);

TEST_P(EndOfStreamTest, BytesAndTheEndInOneEvent) {
  for (bool tcp : {false, true}) {
    for (size_t size : {size_t{1}, size_t{4096}, size_t{4097}, size_t{10000}}) {
      SocketPair pair = tcp ? tcp_pair() : unix_pair();
      auto socket = attached(std::move(pair.near));
      std::string pattern = pattern_of(size);
      write_all(pair.far, pattern);
      ::shutdown(pair.far.get(), SHUT_WR);
      EXPECT_TRUE(receive_all(*socket) == pattern) << size;
    }
  }
}

TEST_P(EndOfStreamTest, BytesAndTheEndWhileAReceiveWaits) {
  for (bool tcp : {false, true}) {
    SocketPair pair = tcp ? tcp_pair() : unix_pair();
    auto socket = attached(std::move(pair.near));
    Task<std::string> receiving = receive_text(*socket, SIZE_MAX);
    receiving.start();
    write_all(pair.far, "hello");
    pair.far.close();
    run_until([&receiving] { return receiving.done(); });
    EXPECT_EQ(receiving.result(), "hello");
  }
}

TEST_P(EndOfStreamTest, TheEndComesLater) {
  for (bool tcp : {false, true}) {
    SocketPair pair = tcp ? tcp_pair() : unix_pair();
    auto socket = attached(std::move(pair.near));
    write_all(pair.far, "hello");
    EXPECT_EQ(run(receive_text(*socket, 5)), "hello");
    Task<std::string> receiving = receive_text(*socket, SIZE_MAX);
    receiving.start();
    std::thread peer([&pair] { ::shutdown(pair.far.get(), SHUT_WR); });
    run_until([&receiving] { return receiving.done(); });
    peer.join();
    EXPECT_EQ(receiving.result(), "");
    write_all(pair.far, "");  // the connection is half open
    EXPECT_TRUE(run(send(*socket, chunk("bye"))));
    EXPECT_EQ(read_exactly(pair.far, 3), "bye");
  }
}

// The end arrives between a short receive and the next: its event came and went unused.
TEST_P(EndOfStreamTest, TheEndComesBetweenTwoReceives) {
  SocketPair pair = tcp_pair();
  auto socket = attached(std::move(pair.near));
  SocketPair other = unix_pair();
  auto other_socket = attached(std::move(other.near));
  write_all(pair.far, "hello");
  EXPECT_EQ(run(receive_text(*socket, 5)), "hello");
  pair.far.close();
  // The loop processes its events for another socket, while no operation waits on the first.
  for (int i = 0; i < 3; ++i) {
    write_all(other.far, "x");
    EXPECT_EQ(run(receive_text(*other_socket, 1)), "x");
  }
  EXPECT_EQ(receive_all(*socket), "");
}

TEST_P(EndOfStreamTest, BytesComeBetweenTwoReceives) {
  SocketPair pair = tcp_pair();
  auto socket = attached(std::move(pair.near));
  SocketPair other = unix_pair();
  auto other_socket = attached(std::move(other.near));
  for (int round = 0; round < 3; ++round) {
    write_all(pair.far, "hello");
    write_all(other.far, "x");
    EXPECT_EQ(run(receive_text(*other_socket, 1)), "x");
    EXPECT_EQ(run(receive_text(*socket, 5)), "hello");
  }
}

// A read stops short in front of TCP's urgent byte; what lies behind came with the same event.
TEST_P(EndOfStreamTest, UrgentDataHidesNothingBehindIt) {
  SocketPair pair = tcp_pair();
  auto socket = attached(std::move(pair.near));
  for (bool waiting : {false, true}) {
    Task<std::string> receiving = receive_text(*socket, 11);
    if (waiting) receiving.start();
    write_all(pair.far, "front");
    ASSERT_EQ(::send(pair.far.get(), "!", 1, MSG_OOB | MSG_NOSIGNAL), 1);
    write_all(pair.far, "after");
    if (!waiting) receiving.start();
    run_until([&receiving] { return receiving.done(); });
    EXPECT_EQ(receiving.result(), "front!after");
  }
}

// A closed socket's descriptor, and whatever a loop knew it by, go to the next connection at once.
TEST_P(EndOfStreamTest, ANewSocketDoesNotInheritFromTheOneBefore) {
  for (int round = 0; round < 50; ++round) {
    SocketPair first = unix_pair();
    auto first_socket = attached(std::move(first.near));
    write_all(first.far, "unread");
    first.far.close();
    first_socket.reset();
    SocketPair second = unix_pair();
    auto second_socket = attached(std::move(second.near));
    Task<std::string> receiving = receive_text(*second_socket, 5);
    receiving.start();
    EXPECT_FALSE(receiving.done());
    write_all(second.far, "hello");
    run_until([&receiving] { return receiving.done(); });
    EXPECT_EQ(receiving.result(), "hello");
  }
}

// Receives, closes both sockets, and waits for bytes on a new one in their place.
Task<std::string> replaces_sockets(std::unique_ptr<Socket>& first, std::unique_ptr<Socket>& second,
                                   SocketPair& next) {
  std::ignore = co_await receive(*first);
  EventLoop& loop = first->loop();
  first.reset();
  second.reset();
  Socket replacement(loop, std::move(next.near));
  EXPECT_TRUE(replacement.attach());
  co_return co_await receive_text(replacement, 5);
}

TEST_P(EndOfStreamTest, AnEventForAClosedSocketIsNobodys) {
  for (int round = 0; round < 20; ++round) {
    SocketPair first = unix_pair();
    SocketPair second = unix_pair();
    SocketPair next = unix_pair();
    auto first_socket = attached(std::move(first.near));
    auto second_socket = attached(std::move(second.near));
    Task<std::string> replacing = replaces_sockets(first_socket, second_socket, next);
    replacing.start();
    // Both become ready in the same round, and the first to be resumed closes both.
    write_all(first.far, "x");
    write_all(second.far, "y");
    second.far.close();
    std::thread peer([&next] { write_all(next.far, "hello"); });
    run_until([&replacing] { return replacing.done(); });
    peer.join();
    EXPECT_EQ(replacing.result(), "hello");
  }
}

// --- Much at once --------------------------------------------------------------------------------

constexpr int kMany = 500;  // sockets: more than the buffers lent to a ring at first

TEST_P(EndOfStreamTest, ManySocketsSpeakInTheSameRound) {
  std::vector<SocketPair> pairs;
  std::vector<std::unique_ptr<Socket>> sockets;
  std::vector<Task<Chunk>> receiving;
  for (int i = 0; i < kMany; ++i) {
    pairs.push_back(unix_pair());
    sockets.push_back(attached(std::move(pairs.back().near)));
  }
  for (int round = 0; round < 3; ++round) {
    receiving.clear();
    for (auto& socket : sockets) receiving.push_back(receive(*socket));
    for (Task<Chunk>& task : receiving) task.start();
    for (int i = 0; i < kMany; ++i) {
      write_all(pairs[static_cast<size_t>(i)].far, std::to_string(i));
    }
    run_until([&receiving] { return std::ranges::all_of(receiving, &Task<Chunk>::done); });
    std::vector<Chunk> held;  // all of them leased at once
    for (int i = 0; i < kMany; ++i) {
      Result<Chunk> chunk = receiving[static_cast<size_t>(i)].result();
      ASSERT_TRUE(chunk) << describe(chunk.error());
      EXPECT_EQ(chunk->text(), std::to_string(i));
      held.push_back(std::move(*chunk));
    }
  }
}

// Receives without ever having to wait, feeding itself, until `stop`.
Task<int> receives_endlessly(Socket& socket, const Fd& far, const std::string& feed,
                             const bool& stop) {
  int rounds = 0;
  while (!stop && rounds < 100'000) {
    write_all(far, feed);
    size_t received = 0;
    while (received < feed.size()) {
      Chunk chunk = co_await receive(socket);
      received += chunk.size();
    }
    ++rounds;
  }
  co_return rounds;
}

Task<> stops_when_it_receives(Socket& socket, bool& stop) {
  std::ignore = co_await receive(socket);
  stop = true;
}

class SmallBufferTest : public LoopTest {
 protected:
  SmallBufferTest()
      : LoopTest({.buffer_size = 16, .buffer_count_max = 256, .spare_count_max = 16}) {}
};

ECHOD_ON_EVERY_LOOP(SmallBufferTest);

TEST_P(SmallBufferTest, ABusyClientDoesNotStarveTheOthers) {
  SocketPair busy = unix_pair();
  SocketPair other = unix_pair();
  auto busy_socket = attached(std::move(busy.near));
  auto other_socket = attached(std::move(other.near));
  bool stop = false;
  std::string feed = pattern_of(1024);
  write_all(other.far, "now me");
  Task<int> endless = receives_endlessly(*busy_socket, busy.far, feed, stop);
  Task<> stopping = stops_when_it_receives(*other_socket, stop);
  run_all(endless, stopping);
  EXPECT_TRUE(stopping.result());
  EXPECT_LT(endless.result().value_or(INT_MAX), 100'000);
}

// --- No buffers ----------------------------------------------------------------------------------

class OneBufferTest : public LoopTest {
 protected:
  OneBufferTest() : LoopTest({.buffer_size = 4096, .buffer_count_max = 1, .spare_count_max = 1}) {}
};

ECHOD_ON_EVERY_LOOP(OneBufferTest);

TEST_P(OneBufferTest, WithoutABufferAReceiveFailsAndLosesNothing) {
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  write_all(pair.far, "first");
  {
    Result<Chunk> held = run(receive(*socket));
    ASSERT_TRUE(held);
    write_all(pair.far, "second");
    Result<Chunk> failing = run(receive(*socket));
    ASSERT_FALSE(failing);
    EXPECT_EQ(failing.error().code, Errc::kNoMemory);
  }
  Result<Chunk> second = run(receive(*socket));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->text(), "second");
}

}  // namespace
}  // namespace echod
