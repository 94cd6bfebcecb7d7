// What tests over event loops share: a fixture that runs a test on every loop this machine has, a
// watchdog that turns a hang into a failure, and the four operations as coroutines.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/chunk_test_util.h"
#include "base/task.h"
#include "engine/blocking/blocking_loop.h"
#include "engine/epoll/epoll_loop.h"
#include "engine/loop/socket.h"
#include "engine/uring/uring_loop.h"
#include "engine/uring/uring_probe.h"
#include "net/socket_test_util.h"

namespace echod {

enum class LoopKind { kBlocking, kEpoll, kUring };

inline constexpr BufferPool::Options kTestBuffers{
    .buffer_size = 4096, .buffer_count_max = 4096, .spare_count_max = 64};

inline std::unique_ptr<EventLoop> make_loop(LoopKind kind, const BufferPool::Options& buffers) {
  if (kind == LoopKind::kBlocking) {
    return std::make_unique<BlockingLoop>(buffers, buffers.buffer_size);
  }
  Result<std::unique_ptr<EventLoop>> loop =
      kind == LoopKind::kEpoll ? EpollLoop::create(buffers) : UringLoop::create(buffers);
  ECHOD_CHECK(loop);
  return std::move(*loop);
}

// Turns a hang into a failure: tries to rescue a test that is not done within kPatience, and ends
// the process should that not help.
class Watchdog {
 public:
  explicit Watchdog(std::function<void()> rescue)
      : rescue_(std::move(rescue)), thread_([this] { watch(); }) {}
  explicit Watchdog(EventLoop& loop) : Watchdog([&loop] { loop.request(Phase::kAborting); }) {}
  ~Watchdog() {
    {
      std::lock_guard lock(mutex_);
      done_ = true;
    }
    news_.notify_all();
    thread_.join();
  }

 private:
  void watch() {
    std::unique_lock lock(mutex_);
    if (news_.wait_for(lock, kPatience, [this] { return done_; })) return;
    ADD_FAILURE() << "still busy after " << kPatience.count() << " s";
    rescue_();
    ECHOD_CHECK(news_.wait_for(lock, kPatience, [this] { return done_; }));
  }

  std::function<void()> rescue_;
  std::mutex mutex_;
  std::condition_variable news_;
  bool done_ = false;
  std::thread thread_;
};

// --- The operations, as coroutines that fail with the operation's error --------------------------

inline Task<> perform(EventLoop& loop, Operation& operation) {
  co_await loop.perform(operation);
  co_await operation.outcome();
}

inline Task<Chunk> receive(Socket& socket, Deadline deadline = kNever) {
  Operation operation = Operation::receive(socket, deadline);
  co_await perform(socket.loop(), operation);
  co_return std::move(operation.chunk);
}

inline Task<> send(Socket& socket, Chunk chunk, Deadline deadline = kNever) {
  Operation operation = Operation::send(socket, std::move(chunk), deadline);
  co_await perform(socket.loop(), operation);
}

inline Task<> sleep_until(EventLoop& loop, Deadline until) {
  Operation operation = Operation::sleep(until);
  co_await perform(loop, operation);
}

// Receives `size` bytes, or as many as come before the end.
inline Task<std::string> receive_text(Socket& socket, size_t size) {
  std::string text;
  while (text.size() < size) {
    Chunk chunk = co_await receive(socket);
    if (!chunk) break;
    text += chunk.text();
  }
  co_return std::move(text);
}

// Sends `text` in chunks as large as a buffer.
inline Task<> send_text(Socket& socket, std::string text) {
  BufferPool& buffers = socket.loop().buffers();
  for (size_t at = 0; at < text.size(); at += buffers.buffer_size()) {
    co_await send(socket, chunk_of(buffers, text.substr(at, buffers.buffer_size())));
  }
}

// --- The fixture ---------------------------------------------------------------------------------

class LoopTest : public testing::TestWithParam<LoopKind> {
 protected:
  explicit LoopTest(const BufferPool::Options& buffers = kTestBuffers) : options_(buffers) {}

  void SetUp() override {
    bool uring = GetParam() == LoopKind::kUring;
    if (uring && !probe_uring()) GTEST_SKIP() << "io_uring does not work here";
    loop_ = make_loop(GetParam(), options_);
    watchdog_ = std::make_unique<Watchdog>(*loop_);
  }

  // The loop checks, when it goes, that nothing is pending and every buffer came back.
  void TearDown() override {
    watchdog_.reset();
    loop_.reset();
  }

  EventLoop& loop() { return *loop_; }
  Deadline soon() { return loop().now() + std::chrono::milliseconds(20); }

  std::unique_ptr<Socket> attached(SocketHandle handle) {
    auto socket = std::make_unique<Socket>(loop(), std::move(handle));
    ECHOD_CHECK(socket->attach());
    return socket;
  }

  // A listening socket that waits or not as the loop wants it.
  TestListener listener() {
    return listen_on_loopback({.blocking = GetParam() != LoopKind::kEpoll});
  }

  Chunk chunk(std::string_view text) { return chunk_of(loop().buffers(), text); }

  template <typename Predicate>
  void run_until(Predicate done) {
    while (!done()) loop().run_once();
  }

  // Runs one task alone to its end.
  template <typename T>
  Result<T> run(Task<T> task) {
    task.start();
    run_until([&task] { return task.done(); });
    return task.result();
  }

  // Runs several beside each other until all have ended.
  template <typename... Tasks>
  void run_all(Tasks&... tasks) {
    (tasks.start(), ...);
    run_until([&] { return (tasks.done() && ...); });
  }

 private:
  BufferPool::Options options_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Watchdog> watchdog_;
};

inline std::string loop_name(const testing::TestParamInfo<LoopKind>& test) {
  constexpr const char* kNames[] = {"Blocking", "Epoll", "Uring"};
  return kNames[static_cast<int>(test.param)];
}

}  // namespace echod

// Runs the tests of `fixture`, a LoopTest, on every loop.
#define ECHOD_ON_EVERY_LOOP(fixture)                                                            \
  INSTANTIATE_TEST_SUITE_P(                                                                     \
      Loops, fixture, testing::Values(LoopKind::kBlocking, LoopKind::kEpoll, LoopKind::kUring), \
      loop_name)
