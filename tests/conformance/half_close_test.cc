// A client that sends, says that it is done, and only then reads gets every byte and then the
// server's FIN, never a reset. Naive servers deadlock here, lose the end, or reset the connection.
#include <chrono>
#include <thread>

#include "conformance/client_side.h"
#include "conformance/server_fixture.h"

namespace echod {
namespace {

using namespace std::chrono_literals;

class HalfCloseTest : public ServerTest {
 protected:
  void SetUp() override { start(); }

  // A sender and a reader on threads of their own, as in `nc < file`; the reader is late.
  void send_finish_and_read_late(uint64_t size) {
    Client client = connect();
    std::string problem;
    std::jthread reader = client_thread([&] {
      std::this_thread::sleep_for(300ms);
      problem = client.receive_pattern_and_end(size);
    });
    uint64_t sent = 0;
    while (sent < size && !HasFailure()) {
      std::string_view piece = pattern_from(sent).substr(0, size - sent);
      client.send_all(piece);
      sent += piece.size();
    }
    client.shut_down_sending();
    reader.join();
    EXPECT_EQ(problem, "");
    EXPECT_TRUE(log.comes_to_say("Connection closed")) << log.all();
  }
};
ECHOD_ON_EVERY_ENGINE(HalfCloseTest);

TEST_P(HalfCloseTest, Nothing) { send_finish_and_read_late(0); }

TEST_P(HalfCloseTest, OneByte) { send_finish_and_read_late(1); }

TEST_P(HalfCloseTest, Kibibytes64) { send_finish_and_read_late(64 << 10); }

TEST_P(HalfCloseTest, Mebibytes16) { send_finish_and_read_late(16 << 20); }

TEST_P(HalfCloseTest, Mebibytes256) {
  if (kSanitized) GTEST_SKIP() << "takes long under a sanitizer, and 16 MiB show as much there";
  send_finish_and_read_late(256 << 20);
}

// The end right behind the bytes, in every position relative to the server's receive buffer.
TEST_P(HalfCloseTest, TheEndRightBehindTheBytes) {
  for (size_t size = 1; size <= 130'000; size += 1 + size / 3) {
    for (size_t extra : {0u, 1u}) {
      Client client = connect();
      client.send_all(pattern(size + extra));
      client.shut_down_sending();
      ASSERT_EQ(client.receive_pattern_and_end(size + extra), "") << size + extra;
    }
  }
}

// The bytes are echoed and the connection is quiet when the end comes.
TEST_P(HalfCloseTest, TheEndLongAfterTheBytes) {
  Client client = connect();
  expect_echo(client, "Hello, world!\n");
  EXPECT_FALSE(client.has_news());
  client.shut_down_sending();
  EXPECT_EQ(client.receive_until_end(), "");
}

}  // namespace
}  // namespace echod
