// What every event loop does with bytes: receives, sends, accepts, and tells the end from an error.
#include "engine/loop/event_loop.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "engine/loop/loop_test_util.h"

namespace echod {
namespace {

class EventLoopTest : public LoopTest {};

ECHOD_ON_EVERY_LOOP(EventLoopTest);

TEST_P(EventLoopTest, ReceivesWhatIsThere) {
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  write_all(pair.far, "hello");
  Result<Chunk> chunk = run(receive(*socket));
  ASSERT_TRUE(chunk);
  EXPECT_EQ(chunk->text(), "hello");
}

TEST_P(EventLoopTest, ReceivesWhatComesWhileItWaits) {
  for (bool tcp : {false, true}) {
    SocketPair pair = tcp ? tcp_pair() : unix_pair();
    auto socket = attached(std::move(pair.near));
    std::thread peer([&pair] { write_all(pair.far, "hello"); });
    Result<std::string> text = run(receive_text(*socket, 5));
    EXPECT_EQ(text, "hello");
    peer.join();
  }
}

TEST_P(EventLoopTest, Sends) {
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  EXPECT_TRUE(run(send(*socket, chunk("hello"))));
  EXPECT_EQ(read_exactly(pair.far, 5), "hello");
  EXPECT_TRUE(run(send(*socket, chunk(""))));
  EXPECT_TRUE(run(send(*socket, chunk("again"))));
  EXPECT_EQ(read_exactly(pair.far, 5), "again");
}

TEST_P(EventLoopTest, TheEndIsAnEmptyChunkEveryTime) {
  for (bool tcp : {false, true}) {
    SocketPair pair = tcp ? tcp_pair() : unix_pair();
    auto socket = attached(std::move(pair.near));
    pair.far.close();
    for (int i = 0; i < 3; ++i) {
      Result<Chunk> chunk = run(receive(*socket));
      ASSERT_TRUE(chunk);
      EXPECT_FALSE(*chunk);
    }
  }
}

TEST_P(EventLoopTest, TellsThePeerTheEnd) {
  SocketPair pair = tcp_pair();
  auto socket = attached(std::move(pair.near));
  EXPECT_TRUE(run(send(*socket, chunk("last"))));
  socket->shut_down_sending();
  EXPECT_EQ(read_exactly(pair.far, 4), "last");
  EXPECT_TRUE(at_end(pair.far));
  write_all(pair.far, "heard");  // the other direction is still open
  EXPECT_EQ(run(receive_text(*socket, 5)), "heard");
}

TEST_P(EventLoopTest, ReceivesPieceByPiece) {
  SocketPair pair = tcp_pair();
  auto socket = attached(std::move(pair.near));
  for (size_t size : {size_t{1}, size_t{4095}, size_t{4096}, size_t{4097}, size_t{20000}}) {
    std::string pattern = pattern_of(size);
    write_all(pair.far, pattern);
    EXPECT_EQ(run(receive_text(*socket, size)), pattern);
  }
}

TEST_P(EventLoopTest, AReceiveTakesNoMoreThanABuffer) {
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  write_all(pair.far, pattern_of(10000));
  Result<Chunk> first = run(receive(*socket));
  ASSERT_TRUE(first);
  EXPECT_GT(first->size(), 0u);
  EXPECT_LE(first->size(), 4096u);
}

TEST_P(EventLoopTest, RefusesToWriteToAPeerThatIsGone) {
  SocketPair pair = unix_pair();
  auto socket = attached(std::move(pair.near));
  pair.far.close();
  Result<void> sent = run(send(*socket, chunk("hello")));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error(), (Error{Errc::kReset, During::kSend, EPIPE}));
}

TEST_P(EventLoopTest, AResetIsAnErrorAndThenTheEnd) {
  SocketPair pair = tcp_pair();
  auto socket = attached(std::move(pair.near));
  reset_on_close(pair.far.get());
  pair.far.close();
  Result<Chunk> received = run(receive(*socket));
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error(), (Error{Errc::kReset, During::kReceive, ECONNRESET}));
  Result<void> sent = run(send(*socket, chunk("hello")));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::kReset);
}

TEST_P(EventLoopTest, AResetEndsAReceiveThatWaits) {
  SocketPair pair = tcp_pair();
  auto socket = attached(std::move(pair.near));
  std::thread peer([&pair] {
    reset_on_close(pair.far.get());
    pair.far.close();
  });
  Result<Chunk> received = run(receive(*socket));
  peer.join();
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().code, Errc::kReset);
}

TEST_P(EventLoopTest, AResetEndsASendThatWaits) {
  SocketPair pair = tcp_pair({.buffer_size = 8192, .blocking = true});
  auto socket = attached(std::move(pair.near));
  std::thread peer([&pair] {
    read_exactly(pair.far, 1);
    reset_on_close(pair.far.get());
    pair.far.close();
  });
  Result<void> sent = run(send_text(*socket, std::string(64 << 20, 'x')));
  peer.join();
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::kReset);
  EXPECT_EQ(sent.error().during, During::kSend);
}

// --- More than the kernel takes at once ----------------------------------------------------------

constexpr size_t kLarge = 1 << 20;  // bytes

class LargeChunkTest : public LoopTest {
 protected:
  LargeChunkTest()
      : LoopTest({.buffer_size = kLarge, .buffer_count_max = 256, .spare_count_max = 8}) {}
};

ECHOD_ON_EVERY_LOOP(LargeChunkTest);

TEST_P(LargeChunkTest, ASendGoesOnUntilASlowReaderHasIt) {
  SocketPair pair = tcp_pair({.buffer_size = 16 * 1024, .blocking = true});
  auto socket = attached(std::move(pair.near));
  std::string pattern = pattern_of(kLarge);
  std::string read;
  std::thread peer([&pair, &read] {
    while (read.size() < kLarge) {
      std::string piece = read_exactly(pair.far, std::min<size_t>(3000, kLarge - read.size()));
      if (piece.empty()) break;
      read += piece;
    }
  });
  EXPECT_TRUE(run(send(*socket, chunk(pattern))));
  peer.join();
  EXPECT_TRUE(read == pattern);
}

TEST_P(LargeChunkTest, AnOperationInEachDirectionAtOnce) {
  SocketPair pair = tcp_pair({.buffer_size = 16 * 1024, .blocking = true});
  auto near = attached(std::move(pair.near));
  auto far = attached(std::move(pair.far));
  std::string forth = pattern_of(3 * kLarge);
  std::string back(forth.rbegin(), forth.rend());
  Task<> sending_forth = send_text(*near, forth);
  Task<> sending_back = send_text(*far, back);
  Task<std::string> receiving_forth = receive_text(*far, forth.size());
  Task<std::string> receiving_back = receive_text(*near, back.size());
  run_all(sending_forth, sending_back, receiving_forth, receiving_back);
  EXPECT_TRUE(sending_forth.result());
  EXPECT_TRUE(sending_back.result());
  EXPECT_TRUE(receiving_forth.result() == forth);
  EXPECT_TRUE(receiving_back.result() == back);
}

// --- Accepting -----------------------------------------------------------------------------------

TEST_P(EventLoopTest, AcceptsClientsAndTheirAddresses) {
  TestListener listening = listener();
  auto socket = attached(std::move(listening.socket));
  for (int i = 0; i < 3; ++i) {
    Fd client = connect_to(listening.endpoint);
    Arrival address;
    Operation accepting = Operation::accept(*socket, address);
    ASSERT_TRUE(run(perform(loop(), accepting)));
    ASSERT_TRUE(address.socket.valid());
    EXPECT_EQ(address.endpoint(), Endpoint::local_of(client.get()));
    auto connection = attached(std::move(address.socket));
    write_all(client, "hello");
    EXPECT_EQ(run(receive_text(*connection, 5)), "hello");
    EXPECT_TRUE(run(send(*connection, chunk("hello"))));
    EXPECT_EQ(read_exactly(client, 5), "hello");
  }
}

TEST_P(EventLoopTest, AcceptsAClientThatComesWhileItWaits) {
  TestListener listening = listener();
  auto socket = attached(std::move(listening.socket));
  Fd client;
  std::thread peer([&client, &listening] { client = connect_to(listening.endpoint); });
  Arrival address;
  Operation accepting = Operation::accept(*socket, address);
  EXPECT_TRUE(run(perform(loop(), accepting)));
  peer.join();
  EXPECT_TRUE(address.socket.valid());
}

TEST_P(EventLoopTest, AcceptingWithoutDescriptorsFailsAndCanBeTriedAgain) {
  TestListener listening = listener();
  auto socket = attached(std::move(listening.socket));
  Fd client = connect_to(listening.endpoint);
  Arrival address;
  {
    NoDescriptors limit;
    Operation accepting = Operation::accept(*socket, address);
    Result<void> result = run(perform(loop(), accepting));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(), (Error{Errc::kNoDescriptors, During::kAccept, EMFILE}));
  }
  // No new client comes: the one that waits must be seen without another event.
  Operation accepting = Operation::accept(*socket, address);
  EXPECT_TRUE(run(perform(loop(), accepting)));
  EXPECT_TRUE(address.socket.valid());
}

}  // namespace
}  // namespace echod
