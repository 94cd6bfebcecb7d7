// In the steady state an echoed chunk costs no allocation and no copy in user space, on the epoll
// and uring loops. Counted here: every malloc of the process (this binary's own malloc counts and
// passes on), every byte copied by Chunk::append, and whether the bytes sent lie where they were
// received.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <string>

#include "base/event.h"
#include "base/nursery.h"
#include "base/timer_test_util.h"
#include "engine/epoll/epoll_loop.h"
#include "engine/uring/uring_loop.h"
#include "engine/uring/uring_probe.h"
#include "protocol/client_driver.h"
#include "protocol/echo_client.h"
#include "protocol/http1/handler.h"
#include "protocol/raw/echo.h"
#include "stream/pipe.h"
#include "stream/socket_stream.h"

// glibc's own allocator under the names it keeps for replacements like these.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
}

namespace {

std::atomic<uint64_t> allocations = 0;

}  // namespace

extern "C" {
void* malloc(size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(count, size);
}
void* realloc(void* memory, size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(memory, size);
}
}

namespace echod {
namespace {

// Remembers where the last chunk received lay, and counts those sent from elsewhere.
class WatchedStream final : public Stream {
 public:
  explicit WatchedStream(Stream& inner) : inner_(inner) {}

  Task<Chunk> receive() override {
    Chunk chunk = co_await inner_.receive();
    received_at_ = chunk.data();
    co_return std::move(chunk);
  }
  Task<> send(Chunk chunk) override {
    ++sends_;
    if (chunk.data() != received_at_) ++moved_;
    return inner_.send(std::move(chunk));
  }
  Task<> finish_sending() override { return inner_.finish_sending(); }
  void abort(Error reason) noexcept override { inner_.abort(reason); }
  void expires_at(Deadline deadline) override { inner_.expires_at(deadline); }

  uint64_t sends() const { return sends_; }
  uint64_t moved() const { return moved_; }

 private:
  Stream& inner_;
  const std::byte* received_at_ = nullptr;
  uint64_t sends_ = 0;
  uint64_t moved_ = 0;
};

class SteadyState : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    std::string name = GetParam();
    if (name == "uring" && !probe_uring()) GTEST_SKIP() << probe_uring().error();
    auto loop = name == "uring" ? UringLoop::create({}) : EpollLoop::create({});
    ASSERT_TRUE(loop);
    loop_ = std::move(*loop);
    std::array<int, 2> pair{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
    server_ = Fd(pair[0]);
    client_ = Fd(pair[1]);
  }

  // Sends `message` through the server `count` times, one at a time.
  void exchange(int count, std::string& message) {
    for (int i = 0; i < count; ++i) {
      auto size = static_cast<ssize_t>(message.size());
      ASSERT_EQ(::send(client_.get(), message.data(), message.size(), MSG_NOSIGNAL), size);
      for (ssize_t got = 0; got < size;) {
        loop_->run_once();
        ssize_t part = ::recv(client_.get(), message.data(), message.size(), MSG_DONTWAIT);
        if (part > 0) got += part;
      }
    }
  }

  std::unique_ptr<EventLoop> loop_;
  Fd server_;
  Fd client_;
};

TEST(Counters, SeeAnAllocation) {
  uint64_t before = allocations.load();
  void* volatile memory =
      std::malloc(1);  // volatile: a compiler may leave out what is not looked at
  std::free(memory);
  EXPECT_GT(allocations.load(), before);
}

TEST_P(SteadyState, EchoesWithoutAllocatingOrCopying) {
  Session session{.clock = *loop_, .buffers = loop_->buffers()};
  StreamTimeouts timeouts{.idle = std::chrono::minutes(5), .stall = std::chrono::minutes(5)};
  SocketStream socket(*loop_, std::move(server_), session, timeouts);
  ASSERT_TRUE(socket.open());
  WatchedStream stream(socket);
  Task<> task = echo(stream);
  task.start();
  for (size_t size : {64u, 16'384u}) {
    std::string message(size, 'x');
    exchange(200, message);  // warms up the frame lists and the buffer pool
    uint64_t allocations_before = allocations.load();
    uint64_t copied_before = copied_bytes();
    exchange(2000, message);
    EXPECT_EQ(allocations.load() - allocations_before, 0u) << size << " bytes";
    EXPECT_EQ(copied_bytes() - copied_before, 0u) << size << " bytes";
  }
  EXPECT_GE(stream.sends(), 4000u);
  EXPECT_EQ(stream.moved(), 0u);
  client_.close();
  while (!task.done()) loop_->run_once();
}

INSTANTIATE_TEST_SUITE_P(Loops, SteadyState, testing::Values("epoll", "uring"),
                         [](const auto& test) { return std::string(test.param); });

// Messages of 64 bytes, four under way, until `count` are back; counts allocations behind the first
// half.
class CountingTraffic final : public EchoTraffic {
 public:
  explicit CountingTraffic(int count) : left_(count), half_(count / 2) {}

  std::optional<uint64_t> next_message() override {
    if (left_ == 0 || under_way_ == 4) return std::nullopt;
    --left_;
    ++under_way_;
    return 64;
  }
  void sending() override {}
  void echoed(size_t count) override {
    under_way_ -= static_cast<int>(count);
    if (left_ > half_) allocations_before_ = allocations.load();
    if (left_ == 0 && under_way_ == 0) allocated_ = allocations.load() - allocations_before_;
    driver->wake();
  }
  void refused(std::string_view what) override { ADD_FAILURE() << what; }
  void wants_to_send() override {}
  bool is_finished() const override { return left_ == 0 && under_way_ == 0; }

  ClientDriver* driver = nullptr;

  std::optional<uint64_t> allocated() const { return allocated_; }

 private:
  int left_;
  int half_;
  int under_way_ = 0;
  uint64_t allocations_before_ = 0;
  std::optional<uint64_t> allocated_;
};

void expect_no_allocations(EchoClient& client, CountingTraffic& traffic, Stream& stream,
                           Task<> peer) {
  ClientDriver driver(stream, client, traffic);
  traffic.driver = &driver;
  Nursery tasks;
  tasks.spawn(std::move(peer));
  tasks.spawn(driver.run());
  EXPECT_EQ(tasks.size(), 0u);
  EXPECT_EQ(client.explanation(), "");
  EXPECT_EQ(traffic.allocated(), 0u);
}

TEST(ClientSteadyState, RawMessagesCostNoAllocationAndNoCopy) {
  BufferPool buffers{BufferPool::Options()};
  auto [near, far] = make_pipe();
  CountingTraffic traffic(4000);
  auto client = make_tcp_client(*near, buffers, traffic, {.seed = 1});
  const uint64_t copied_before = copied_bytes();
  expect_no_allocations(*client, traffic, *near, echo(*far));
  EXPECT_EQ(copied_bytes() - copied_before, 0u);
}

// Answers each request, all of 64 bytes and of the same size on the wire, with the same response.
Task<> answer(Stream& peer, BufferPool& buffers, size_t request_size) {
  constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n";
  constexpr std::string_view kBody =
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  size_t unanswered = 0;
  while (Chunk chunk = co_await peer.receive()) {
    unanswered += chunk.size();
    chunk = Chunk();
    Chunk response = co_await buffers.lease();
    for (; unanswered >= request_size; unanswered -= request_size) {
      response.append(kHead);
      response.append(kBody);
    }
    co_await peer.send(std::move(response));
  }
  co_await peer.finish_sending();
}

TEST(ClientSteadyState, HttpRequestsCostNoAllocation) {
  constexpr std::string_view kRequest = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 64\r\n\r\n";
  BufferPool buffers{BufferPool::Options()};
  auto [near, far] = make_pipe();
  CountingTraffic traffic(4000);
  auto client =
      make_http1_client(*near, buffers, traffic, {.seed = 1, .verify = false, .host = "x"});
  expect_no_allocations(*client, traffic, *near, answer(*far, buffers, kRequest.size() + 64));
}

// A server beside the client: neither allocates.
class ServerSteadyState : public testing::Test {
 protected:
  BufferPool buffers_{BufferPool::Options()};
  FakeClock clock_;
  Session session_{.clock = clock_, .buffers = buffers_};
  Http1Handler handler_{Http1Settings()};
};

TEST_F(ServerSteadyState, HttpRequestsCostNoAllocation) {
  auto [near, far] = make_pipe();
  CountingTraffic traffic(4000);
  auto client = make_http1_client(*near, buffers_, traffic, {.seed = 1, .host = "x"});
  expect_no_allocations(*client, traffic, *near, handler_.serve(*far, session_));
  EXPECT_EQ(session_.requests.value(), 4000u);
}

TEST_F(ServerSteadyState, WebSocketMessagesCostNoAllocation) {
  auto [near, far] = make_pipe();
  CountingTraffic traffic(4000);
  auto client = make_websocket_client(*near, buffers_, traffic, {.seed = 1, .host = "x"});
  expect_no_allocations(*client, traffic, *near, handler_.serve(*far, session_));
}

}  // namespace
}  // namespace echod
