// SocketStream on every loop: which deadline counts when, what an abort ends, and what is counted.
#include "stream/socket_stream.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "engine/loop/loop_test_util.h"

namespace echod {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr Error kReason{.code = Errc::kProtocol, .during = During::kNone, .os_error = 42};
constexpr size_t kTooMuch = 1 << 20;  // bytes: more than the kernel takes for a peer that is asleep
constexpr Duration kShort = milliseconds(20);

class SocketStreamTest : public LoopTest {
 protected:
  SocketStreamTest()
      : LoopTest({.buffer_size = kTooMuch, .buffer_count_max = 256, .spare_count_max = 1}) {}

  void SetUp() override {
    LoopTest::SetUp();
    if (IsSkipped()) return;
    session_.emplace(loop(), loop().buffers());
    open(unix_pair());
  }

  void TearDown() override {
    stream_.reset();
    LoopTest::TearDown();
  }

  void open(SocketPair pair) {
    far_ = std::move(pair.far);
    near_ = pair.near.get();
    stream_ = std::make_unique<SocketStream>(loop(), std::move(pair.near), *session_, timeouts_);
    ASSERT_TRUE(stream_->open());
  }

  Session& session() { return *session_; }

  // What `task` fails with, and that it took until `deadline`.
  template <typename T>
  void expect_timeout(Task<T> task, Deadline deadline, During during) {
    Result<T> result = run(std::move(task));
    EXPECT_GE(MonotonicClock().now(), deadline);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(), (Error{Errc::kTimeout, during}));
  }

  void run_a_while() { EXPECT_TRUE(run(sleep_until(loop(), soon()))); }

  StreamTimeouts timeouts_;
  std::optional<Session> session_;
  std::unique_ptr<SocketStream> stream_;
  int near_ = -1;  // the stream's descriptor
  Fd far_;
};

ECHOD_ON_EVERY_LOOP(SocketStreamTest);

Task<> echo(Stream& stream) {
  while (Chunk chunk = co_await stream.receive()) co_await stream.send(std::move(chunk));
  co_await stream.finish_sending();
}

TEST_P(SocketStreamTest, CarriesBytesBothWaysAndCountsThem) {
  std::string pattern = pattern_of(kTooMuch);
  std::string echoed;
  bool ended = false;
  std::thread writer([this, &pattern] {
    write_all(far_, pattern);
    ::shutdown(far_.get(), SHUT_WR);
  });
  std::thread reader([this, &echoed, &ended] {
    echoed = read_exactly(far_, kTooMuch);
    ended = at_end(far_);
  });
  EXPECT_TRUE(run(echo(*stream_)));
  writer.join();
  reader.join();
  EXPECT_TRUE(echoed == pattern);
  EXPECT_TRUE(ended);
  EXPECT_EQ(session().bytes_received, kTooMuch);
  EXPECT_EQ(session().bytes_sent, kTooMuch);
}

TEST_P(SocketStreamTest, CopiesNothing) {
  write_all(far_, "hello");
  ::shutdown(far_.get(), SHUT_WR);
  uint64_t before = copied_bytes();
  EXPECT_TRUE(run(echo(*stream_)));
  EXPECT_EQ(copied_bytes(), before);
  EXPECT_EQ(read_exactly(far_, 5), "hello");
}

// --- Deadlines -----------------------------------------------------------------------------------

TEST_P(SocketStreamTest, AReceiveEndsByTheIdleTimeout) {
  timeouts_ = {.idle = kShort, .stall = hours(1)};
  expect_timeout(stream_->receive(), loop().now() + kShort, During::kReceive);
}

TEST_P(SocketStreamTest, ASendEndsByTheStallTimeout) {
  timeouts_ = {.idle = hours(1), .stall = kShort};
  // For each kStallSize of the chunk.
  Deadline deadline = loop().now() + kShort * (kTooMuch / SocketStream::kStallSize);
  expect_timeout(stream_->send(chunk(pattern_of(kTooMuch))), deadline, During::kSend);
  EXPECT_GT(session().bytes_sent, 0u) << "what the kernel took counts as sent";
  EXPECT_LT(session().bytes_sent, kTooMuch);
}

TEST_P(SocketStreamTest, EachOperationHasItsOwnTimeout) {
  timeouts_ = {.idle = kShort, .stall = kShort};
  for (int i = 0; i < 3; ++i) {
    run_a_while();  // longer than either, with nothing pending
    write_all(far_, "hello");
    EXPECT_TRUE(run(stream_->receive()));
    EXPECT_TRUE(run(stream_->send(chunk("hello"))));
    EXPECT_EQ(read_exactly(far_, 5), "hello");
  }
}

TEST_P(SocketStreamTest, AnEarlierDeadlineComesFirst) {
  timeouts_ = {.idle = hours(1), .stall = hours(1)};
  Deadline deadline = loop().now() + kShort;
  stream_->expires_at(deadline);
  expect_timeout(stream_->receive(), deadline, During::kReceive);
  stream_->expires_at(loop().now() + kShort);
  expect_timeout(stream_->send(chunk(pattern_of(kTooMuch))), deadline, During::kSend);
}

TEST_P(SocketStreamTest, AnEarlierTimeoutComesFirst) {
  timeouts_ = {.idle = kShort, .stall = kShort};
  stream_->expires_at(loop().now() + hours(1));
  expect_timeout(stream_->receive(), loop().now() + kShort, During::kReceive);
}

TEST_P(SocketStreamTest, ADeadlineStaysUntilItIsTakenBack) {
  stream_->expires_at(loop().now() - milliseconds(1));
  write_all(far_, "hello");
  for (int i = 0; i < 2; ++i) {
    Result<Chunk> received = run(stream_->receive());
    ASSERT_FALSE(received);
    EXPECT_EQ(received.error().code, Errc::kTimeout);
  }
  stream_->expires_at(kNever);
  Result<Chunk> received = run(stream_->receive());
  ASSERT_TRUE(received);
  EXPECT_EQ(received->text(), "hello");
}

TEST_P(SocketStreamTest, APendingOperationKeepsItsDeadline) {
  Deadline deadline = loop().now() + kShort;
  stream_->expires_at(deadline);
  Task<Chunk> receiving = stream_->receive();
  receiving.start();
  stream_->expires_at(kNever);
  run_until([&receiving] { return receiving.done(); });
  ASSERT_FALSE(receiving.result());
  EXPECT_GE(MonotonicClock().now(), deadline);
}

// --- Ends ----------------------------------------------------------------------------------------

class LateClock final : public Timer {
 public:
  Time now() const override { return MonotonicClock().now() + hours(1); }
  Task<> sleep_until(Time) override { co_return; }  // never called
};

TEST_P(SocketStreamTest, AnAbortEndsWhatIsPendingAndWhatComesLater) {
  LateClock clock;  // or a stalled send, which looks up each second, would end by itself
  session_.emplace(clock, loop().buffers());
  open(unix_pair());
  Task<Chunk> receiving = stream_->receive();
  Task<> sending = stream_->send(chunk(pattern_of(kTooMuch)));
  receiving.start();
  sending.start();
  run_a_while();
  stream_->abort(kReason);
  stream_->abort({Errc::kAborted});
  run_until([&] { return receiving.done() && sending.done(); });
  EXPECT_EQ(receiving.result().error(), kReason);
  EXPECT_EQ(sending.result(), std::unexpected(kReason));
  write_all(far_, "hello");
  Result<Chunk> received = run(stream_->receive());
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error(), kReason);
  EXPECT_EQ(run(stream_->send(chunk("hello"))), std::unexpected(kReason));
}

TEST_P(SocketStreamTest, AnAbortWithNothingPendingEndsWhatComesLater) {
  stream_->abort(kReason);
  EXPECT_EQ(run(stream_->send(chunk("hello"))), std::unexpected(kReason));
  EXPECT_EQ(run(stream_->receive()).error(), kReason);
}

TEST_P(SocketStreamTest, AnEmptyChunkIsSentAtOnce) {
  EXPECT_TRUE(run(stream_->send(Chunk())));
  EXPECT_EQ(session().bytes_sent, 0u);
}

TEST_P(SocketStreamTest, AReceiveThatAsksForItEndsWhenTheLoopDrains) {
  Task<Chunk> busy = stream_->receive();
  busy.start();
  session().ends_on_drain = true;
  SocketPair other = unix_pair();
  SocketStream idle_stream(loop(), std::move(other.near), session(), timeouts_);
  ASSERT_TRUE(idle_stream.open());
  Task<Chunk> idle = idle_stream.receive();
  idle.start();
  loop().request(Phase::kDraining);
  run_until([&idle] { return idle.done(); });
  EXPECT_EQ(idle.result().error().code, Errc::kDrained);
  EXPECT_FALSE(busy.done());
  write_all(far_, "hello");
  run_until([&busy] { return busy.done(); });
  EXPECT_EQ(busy.result()->text(), "hello");
}

TEST_P(SocketStreamTest, ClosesInOrderOrWithAReset) {
  for (bool reset : {false, true}) {
    open(tcp_pair());
    if (reset) stream_->reset_when_closed();
    stream_.reset();
    EXPECT_EQ(end_of(far_), reset ? ECONNRESET : 0);
  }
}

// --- What is counted and reported ----------------------------------------------------------------

class NotingObserver final : public SessionObserver {
 public:
  void received(const Session& session, size_t bytes) override {
    sizes.push_back(bytes);
    totals.push_back(session.bytes_received);
  }

  std::vector<size_t> sizes;
  std::vector<uint64_t> totals;
};

TEST_P(SocketStreamTest, ReportsItsFirstReceivesAndCountsAll) {
  NotingObserver observer;
  session().observer = &observer;
  session().receives_to_report = 2;
  session().protocol = Protocol{1};
  for (std::string_view text : {"1", "22", "333", "4444"}) {
    write_all(far_, text);
    Result<Chunk> received = run(stream_->receive());
    ASSERT_TRUE(received);
    EXPECT_EQ(received->text(), text);
  }
  far_.close();
  EXPECT_TRUE(run(stream_->receive()));
  EXPECT_EQ(observer.sizes, (std::vector<size_t>{1, 2}));
  EXPECT_EQ(observer.totals, (std::vector<uint64_t>{1, 3}));
  EXPECT_EQ(session().receives_to_report, 0u);
  EXPECT_EQ(session().bytes_received, 10u);
}

// --- The receive buffer's growth
// ------------------------------------------------------------------

TEST_P(SocketStreamTest, ABufferGrowsOnlyForAPeerThatReads) {
  timeouts_.growth_earned = true;
  open(tcp_pair());
  EXPECT_FALSE(receive_buffer_held(near_));
  std::string block(16 * 1024, 'x');
  auto echo_block = [&] {
    write_all(far_, block);
    for (size_t size = 0; size < block.size();) {
      Result<Chunk> received = run(stream_->receive());
      ASSERT_TRUE(received);
      size += received->size();
      ASSERT_TRUE(run(stream_->send(std::move(*received))));
    }
    EXPECT_EQ(read_exactly(far_, block.size()).size(), block.size());
  };
  while (session().bytes_received < SocketStream::kHoldSize) echo_block();
  EXPECT_TRUE(receive_buffer_held(near_));
  while (session().bytes_sent < SocketStream::kTrustedSize) echo_block();
  EXPECT_FALSE(receive_buffer_held(near_));
}

TEST_P(SocketStreamTest, AFixedBufferStaysFixed) {
  open(tcp_pair({.buffer_size = 64 * 1024, .blocking = true}));
  ASSERT_TRUE(receive_buffer_held(near_));
  session().bytes_sent = SocketStream::kTrustedSize - 1;
  ASSERT_TRUE(run(stream_->send(chunk_of(loop().buffers(), "x"))));
  EXPECT_TRUE(receive_buffer_held(near_));
}

TEST_P(SocketStreamTest, TheEndIsNotAReceiveToReport) {
  NotingObserver observer;
  session().observer = &observer;
  session().receives_to_report = 1;
  far_.close();
  EXPECT_TRUE(run(stream_->receive()));
  EXPECT_TRUE(observer.sizes.empty());
  EXPECT_EQ(session().receives_to_report, 1u);
}

TEST_P(SocketStreamTest, ConnectsBeforeItTalks) {
  TestListener server = listen_on_loopback({.blocking = true});
  auto unconnected = [] {
    Result<Fd> fd = client_socket(AF_INET, {.blocking = GetParam() != LoopKind::kEpoll});
    ECHOD_CHECK(fd);
    return std::move(*fd);
  };
  open({unconnected(), Fd()});
  ASSERT_TRUE(run(stream_->connect(server.endpoint, kNever)));
  Fd far(::accept4(server.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(far.valid());
  ASSERT_TRUE(run(stream_->send(chunk_of(loop().buffers(), "hello"))));
  EXPECT_EQ(read_exactly(far, 5), "hello");

  server.socket.close();
  open({unconnected(), Fd()});
  Result<void> refused = run(stream_->connect(server.endpoint, kNever));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kRefused);

  open({unconnected(), Fd()});
  stream_->abort(kReason);
  Result<void> aborted = run(stream_->connect(server.endpoint, kNever));
  ASSERT_FALSE(aborted);
  EXPECT_EQ(aborted.error(), kReason);
}

}  // namespace
}  // namespace echod
