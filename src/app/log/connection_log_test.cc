// The words for each way a connection ends, and the lines of its life.
#include "app/log/connection_log.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "base/timer_test_util.h"
#include "protocol/protocol.h"

namespace echod {
namespace {

using namespace std::chrono_literals;

constexpr StreamTimeouts kTimeouts{.idle = 5min, .stall = 30s};

TEST(ConnectionLogTest, EachEndingHasItsWords) {
  auto words = [](Errc code, During during, int os_error = 0) {
    return describe_end(failure(code, during, os_error), kTimeouts);
  };
  EXPECT_EQ(describe_end({}, kTimeouts), "Connection closed");
  EXPECT_EQ(words(Errc::kReset, During::kReceive), "Connection reset by client");
  EXPECT_EQ(words(Errc::kReset, During::kNone), "Connection reset by client");
  EXPECT_EQ(words(Errc::kReset, During::kSend), "Client disconnected during write");
  EXPECT_EQ(words(Errc::kReset, During::kSend, EPIPE), "Client disconnected during write");
  EXPECT_EQ(words(Errc::kTimeout, During::kReceive), "Idle timeout after 5m, connection closed");
  EXPECT_EQ(words(Errc::kTimeout, During::kSend), "Client did not read for 30s, connection closed");
  EXPECT_EQ(words(Errc::kTimeout, During::kReceive, ETIMEDOUT), "Connection timed out");
  EXPECT_EQ(words(Errc::kAborted, During::kReceive), "Connection ended by shutdown");
  EXPECT_EQ(words(Errc::kNoMemory, During::kReceive), "Out of memory, connection closed");
  EXPECT_EQ(words(Errc::kSystem, During::kReceive, EIO),
            "Connection failed: system while receiving (Input/output error)");
}

// Keeps its lines, in a format of the test's choice.
class RecordingLog final : public Log {
 public:
  explicit RecordingLog(LogFormat format, LogLevel level = LogLevel::kInfo)
      : format_(format), level_(level) {}
  bool wants(LogLevel level) const override { return level >= level_; }
  void write(const LogLine& line) override { lines.push_back(format_line(format_, line, {})); }
  uint64_t dropped() const override { return 0; }

  std::vector<std::string> lines;

 private:
  LogFormat format_;
  LogLevel level_;
};

class FakeTransport final : public Transport {
 public:
  TransportFacts facts() const override {
    return {.number = 1, .remote = "127.0.0.1:54321", .local = {}, .tcp = {}};
  }
};

// Logs the life of one connection.
void live(Log& log, Protocol protocol) {
  const FakeTransport transport;
  FakeClock clock;
  BufferPool pool({});
  ConnectionLog connection(log);
  Session session{.clock = clock, .buffers = pool};
  session.transport = &transport;
  session.receives_to_report = 2;
  session.observer = &connection;
  session.protocol = protocol;
  session.requests = 2;
  connection.established(session);
  session.count_received(21);
  session.count_received(1);
  session.count_received(100);
  session.count_sent(122);
  connection.closed(session, {}, 1500ms, kTimeouts);
}

TEST(ConnectionLogTest, TheLifeOfARawConnection) {
  RecordingLog log(LogFormat::kText);
  live(log, Protocol::kRaw);
  EXPECT_EQ(log.lines,
            (std::vector<std::string>{
                "[127.0.0.1:54321] Connection established",
                "[127.0.0.1:54321] Received 21 bytes, echoing back",
                "[127.0.0.1:54321] Received 1 byte, echoing back",
                "[127.0.0.1:54321] Connection closed (received 122 bytes, sent 122 bytes, 1.500 s)",
            }));
}

TEST(ConnectionLogTest, AnHttpConnectionCountsItsRequests) {
  RecordingLog log(LogFormat::kText);
  live(log, Protocol::kHttp1);
  EXPECT_EQ(log.lines.back(),
            "[127.0.0.1:54321] Connection closed (received 122 bytes, sent 122 bytes, 2 requests, "
            "1.500 s)");
}

TEST(ConnectionLogTest, MachinesGetNamesAndNumbers) {
  RecordingLog log(LogFormat::kLogfmt);
  live(log, Protocol::kAuto);
  ASSERT_EQ(log.lines.size(), 2u) << "what is received is reported once the protocol is known";
  EXPECT_NE(log.lines[1].find(" event=connection_closed peer=127.0.0.1:54321 reason=closed "
                              "protocol=none bytes_received=122 bytes_sent=122 requests=2 "
                              "seconds=1.500 "),
            std::string::npos)
      << log.lines[1];
  live(log, Protocol::kRaw);
  EXPECT_NE(log.lines[3].find(" event=received peer=127.0.0.1:54321 bytes=21 "), std::string::npos);
}

TEST(ConnectionLogTest, NothingIsMadeThatNobodyWants) {
  RecordingLog log(LogFormat::kText, LogLevel::kWarning);
  live(log, Protocol::kRaw);
  EXPECT_TRUE(log.lines.empty());
}

}  // namespace
}  // namespace echod
