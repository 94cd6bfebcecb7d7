// Engines from outside, over real connections: each serves, keeps to its placement, drains and
// aborts.
#include "engine/engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "engine/loop/loop_test_util.h"
#include "engine/worker.h"

namespace echod {
namespace {

TEST(EngineNamesTest, GoThereAndBack) {
  for (EngineKind kind : kEngineKinds) EXPECT_EQ(engine_named(name_of(kind)), kind);
  EXPECT_EQ(engine_named("epoll"), EngineKind::kEpoll);
  EXPECT_EQ(engine_named("auto"), std::nullopt);
  EXPECT_EQ(engine_named(""), std::nullopt);
  EXPECT_EQ(engine_named("Epoll"), std::nullopt);
}

TEST(EngineChoiceTest, IsAnEventLoopAndHasAReason) {
  EngineChoice choice = choose_engine();
  EXPECT_EQ(choice.kind, probe_uring() ? EngineKind::kUring : EngineKind::kEpoll);
  EXPECT_FALSE(choice.reason.empty());
}

TEST(EngineDefaultsTest, ThereIsAWorker) {
  for (EngineKind kind : kEngineKinds) EXPECT_GE(default_workers(kind, 1), 1u) << name_of(kind);
  EXPECT_EQ(default_workers(EngineKind::kEpoll, 3), 3u);
  EXPECT_EQ(default_workers(EngineKind::kUring, 3), 3u);
}

ListenerNeeds needs_of(EngineKind kind, unsigned workers) {
  EngineOptions options;
  options.kind = kind;
  options.workers = workers;
  return listener_needs(options);
}

TEST(EngineDefaultsTest, EventLoopsHaveASocketEach) {
  EXPECT_EQ(needs_of(EngineKind::kEpoll, 3).sockets, 3u);
  EXPECT_EQ(needs_of(EngineKind::kUring, 3).sockets, 3u);
  EXPECT_EQ(needs_of(EngineKind::kPool, 3).sockets, 1u);
  EXPECT_EQ(needs_of(EngineKind::kThreads, 3).sockets, 1u);
  EXPECT_FALSE(needs_of(EngineKind::kEpoll, 1).blocking);
  EXPECT_TRUE(needs_of(EngineKind::kUring, 1).blocking);
  EXPECT_TRUE(needs_of(EngineKind::kThreads, 1).blocking);
}

Task<> sleep_a_moment(EventLoop& loop) {
  co_await sleep_until(loop, loop.now() + std::chrono::milliseconds(1));
}

TEST(WorkerSetTest, AWorkerThatJoinsLateIsToldThePhase) {
  WorkerSet set;
  auto first = make_loop(LoopKind::kEpoll, kTestBuffers);
  auto second = make_loop(LoopKind::kBlocking, kTestBuffers);
  Worker first_worker(*first, set);
  set.request(Phase::kDraining);
  Worker second_worker(*second, set);
  set.request(Phase::kServing);
  EXPECT_EQ(set.phase(), Phase::kDraining);
  for (EventLoop* loop : {first.get(), second.get()}) {
    Watchdog watchdog(*loop);
    Task<> task = sleep_a_moment(*loop);
    task.start();
    while (!task.done()) loop->run_once();
    EXPECT_EQ(loop->phase(), Phase::kDraining);
  }
}

// --- Engines over connections --------------------------------------------------------------------

// Waits until `condition` holds, which another thread makes true.
testing::AssertionResult comes_true(const std::function<bool()>& condition) {
  Deadline deadline = MonotonicClock().now() + kPatience;
  while (!condition()) {
    if (MonotonicClock().now() > deadline) return testing::AssertionFailure() << "never came true";
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return testing::AssertionSuccess();
}

class EchoingHandler final : public ConnectionHandler {
 public:
  Task<> serve(Worker& worker, Accepted accepted) override {
    ++started;
    if (worker.begin_connection() == 0) ADD_FAILURE() << "numbers begin with 1";
    Socket socket(worker.loop(), std::move(accepted.socket));
    EXPECT_TRUE(socket.attach());
    Result<void> outcome = co_await echo(socket).observed();
    if (!outcome && outcome.error().code == Errc::kAborted) ++aborted;
    ++ended;
  }

  std::atomic<size_t> started = 0;
  std::atomic<size_t> ended = 0;
  std::atomic<size_t> aborted = 0;

 private:
  static Task<> echo(Socket& socket) {
    while (Chunk chunk = co_await receive(socket)) co_await send(socket, std::move(chunk));
    socket.shut_down_sending();
  }
};

class SilentObserver final : public AcceptObserver {
 public:
  void accept_paused(const Error& error) override { ADD_FAILURE() << describe(error); }
  void source_refused(const Endpoint&) override { ADD_FAILURE(); }
};

class EngineTest : public testing::TestWithParam<EngineKind> {
 protected:
  void SetUp() override {
    bool uring = GetParam() == EngineKind::kUring;
    if (uring && !probe_uring()) GTEST_SKIP() << "io_uring does not work here";
  }

  void start(unsigned workers, unsigned queue_max = 128) {
    EngineOptions options{.kind = GetParam(),
                          .workers = workers,
                          .queue_max = queue_max,
                          .receive_size_max = 4096,
                          .buffers = kTestBuffers};
    ListenerNeeds needs = listener_needs(options);
    SocketOptions socket_options{.shared_port = needs.sockets > 1, .blocking = needs.blocking};
    Listener listener;
    endpoint_ = loopback();
    for (unsigned i = 0; i < needs.sockets; ++i) {
      Result<Fd> socket = listen_on(endpoint_, socket_options, i == 0);
      ASSERT_TRUE(socket);
      if (i == 0) endpoint_ = Endpoint::local_of(socket->get());
      listener.sockets.push_back(std::move(*socket));
    }
    listener.endpoint = endpoint_;
    std::vector<Listener> listeners;
    listeners.push_back(std::move(listener));
    Result<std::unique_ptr<Engine>> engine =
        Engine::start(options, std::move(listeners), handler_, admission_, observer_);
    ASSERT_TRUE(engine) << describe(engine.error());
    engine_ = std::move(*engine);
  }

  Fd client() { return connect_to(endpoint_); }

  static void expect_echo(const Fd& client, std::string_view text) {
    write_all(client, text);
    EXPECT_EQ(read_exactly(client, text.size()), text);
  }

  static Deadline patience() { return MonotonicClock().now() + kPatience; }

  Watchdog watchdog_{[] {}};  // an engine's destructor waits without limit
  EchoingHandler handler_;
  SilentObserver observer_;
  Admission admission_{{}};
  Endpoint endpoint_;
  std::unique_ptr<Engine> engine_;
};

INSTANTIATE_TEST_SUITE_P(Engines, EngineTest, testing::ValuesIn(kEngineKinds),
                         [](const testing::TestParamInfo<EngineKind>& test) {
                           return std::string(name_of(test.param));
                         });

TEST_P(EngineTest, ServesOneClientAfterTheOther) {
  start(2);
  for (int i = 0; i < 20; ++i) {
    Fd one = client();
    expect_echo(one, "hello");
    ::shutdown(one.get(), SHUT_WR);
    EXPECT_TRUE(at_end(one));
  }
  EXPECT_TRUE(comes_true([this] { return handler_.ended == 20; }));
  EXPECT_TRUE(comes_true([this] { return admission_.connections() == 0; }));
  EXPECT_EQ(engine_->connections_begun(), 20u) << "also of threads that have ended";
}

TEST_P(EngineTest, RefusesDatagramsUntilTheyAreServed) {
  std::vector<Listener> listeners(1);
  listeners.front().kind = ListenerKind::kDatagram;
  Result<std::unique_ptr<Engine>> engine = Engine::start(
      {.kind = GetParam(), .buffers = {}}, std::move(listeners), handler_, admission_, observer_);
  ASSERT_FALSE(engine);
  EXPECT_EQ(describe(engine.error()), "system (Socket type not supported)");
}

TEST_P(EngineTest, StoppingServesAsBefore) {
  start(2);
  Fd before = client();
  expect_echo(before, "before");
  engine_->request(Phase::kStopping);
  expect_echo(before, "after");
  Fd after = client();
  if (GetParam() == EngineKind::kSequential) before.close();
  expect_echo(after, "another");
  EXPECT_FALSE(engine_->wait(MonotonicClock().now() + std::chrono::milliseconds(20)));
  EXPECT_EQ(handler_.aborted, 0u);
}

TEST_P(EngineTest, ServesClientsBesideEachOther) {
  if (GetParam() == EngineKind::kSequential) GTEST_SKIP() << "one at a time is its point";
  start(4);
  std::vector<Fd> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(client());
  for (int round = 0; round < 3; ++round) {
    for (const Fd& one : clients) expect_echo(one, pattern_of(9000));
  }
  EXPECT_EQ(admission_.connections(), 4u);
}

// The blocking placements with one worker; an event loop has no such limit.
TEST_P(EngineTest, AWorkerServesOneConnectionAtATime) {
  if (GetParam() == EngineKind::kEpoll || GetParam() == EngineKind::kUring) {
    GTEST_SKIP() << "an event loop serves all of them";
  }
  start(1, 1);
  Fd first = client();
  expect_echo(first, "first");
  std::vector<Fd> waiting;
  for (int i = 0; i < 5; ++i) {
    waiting.push_back(client());
    write_all(waiting.back(), "next");
  }
  for (int round = 0; round < 20; ++round) expect_echo(first, "still first");
  EXPECT_EQ(handler_.started, 1u);
  EXPECT_LE(admission_.connections(), 3u)
      << "one is served, one queued, one in the acceptor's hand";
  first.close();
  for (Fd& next : waiting) {
    EXPECT_EQ(read_exactly(next, 4), "next");
    EXPECT_EQ(handler_.ended + 1, handler_.started);
    next.close();
  }
  EXPECT_TRUE(comes_true([this] { return handler_.ended == 6; }));
}

TEST_P(EngineTest, DrainingLetsConnectionsEnd) {
  start(2);
  Fd one = client();
  expect_echo(one, "before");
  engine_->request(Phase::kDraining);
  EXPECT_FALSE(engine_->wait(MonotonicClock().now() + std::chrono::milliseconds(20)));
  expect_echo(one, "after");
  one.close();
  EXPECT_TRUE(engine_->wait(patience()));
  EXPECT_EQ(handler_.ended, 1u);
  EXPECT_EQ(handler_.aborted, 0u);
  EXPECT_EQ(admission_.connections(), 0u);
}

TEST_P(EngineTest, DrainingStillServesWhatIsQueued) {
  if (GetParam() != EngineKind::kPool) GTEST_SKIP() << "has no queue";
  start(1, 8);
  Fd first = client();
  expect_echo(first, "first");
  Fd queued = client();
  Fd after = client();
  // When the acceptor has the one after it in its hand, `queued` is in the queue.
  EXPECT_TRUE(comes_true([this] { return admission_.connections() == 3; }));
  engine_->request(Phase::kDraining);
  after.close();
  first.close();
  expect_echo(queued, "queued");
  queued.close();
  EXPECT_TRUE(engine_->wait(patience()));
  EXPECT_EQ(admission_.connections(), 0u);
}

TEST_P(EngineTest, DrainingWithoutConnectionsEndsAtOnce) {
  for (int round = 0; round < 20; ++round) {
    start(2);
    engine_->request(Phase::kDraining);
    EXPECT_TRUE(engine_->wait(patience()));
    engine_.reset();
  }
}

TEST_P(EngineTest, AbortingEndsConnections) {
  start(2);
  Fd one = client();
  expect_echo(one, "before");
  engine_->request(Phase::kAborting);
  EXPECT_TRUE(engine_->wait(patience()));
  EXPECT_EQ(handler_.aborted, 1u);
  EXPECT_TRUE(at_end(one));
}

TEST_P(EngineTest, ItsEndAbortsWhatIsLeft) {
  start(2);
  Fd one = client();
  expect_echo(one, "before");
  engine_.reset();
  EXPECT_EQ(handler_.ended, 1u);
  EXPECT_TRUE(at_end(one));
}

// Clients come and go while the engine is told to end: nothing is lost, nothing is left.
TEST_P(EngineTest, EndsInTheMiddleOfTraffic) {
  for (int round = 0; round < 5; ++round) {
    size_t served_before = handler_.ended;
    start(2);
    std::atomic<bool> stop = false;
    std::vector<std::thread> clients;
    for (int i = 0; i < 3; ++i) {
      clients.emplace_back([this, &stop] {
        while (!stop) {
          Fd one(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
          limit_waits(one);
          if (::connect(one.get(), endpoint_.get(), endpoint_.size()) != 0) continue;
          if (::send(one.get(), "hello", 5, MSG_NOSIGNAL) != 5) continue;
          ::shutdown(one.get(), SHUT_WR);
          read_exactly(one, 5);
        }
      });
    }
    EXPECT_TRUE(comes_true([&] { return handler_.ended > served_before + 10; }));
    engine_->request(Phase::kDraining);
    engine_->wait(MonotonicClock().now() + std::chrono::milliseconds(5));
    engine_->request(Phase::kAborting);
    EXPECT_TRUE(engine_->wait(patience()));
    engine_.reset();
    stop = true;
    for (std::thread& one : clients) one.join();
    EXPECT_EQ(handler_.started, handler_.ended);
    EXPECT_EQ(admission_.connections(), 0u);
  }
}

}  // namespace
}  // namespace echod
