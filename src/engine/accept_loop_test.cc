// The accept loop on every event loop: which clients it places, which it refuses, when it waits,
// and how it ends.
#include "engine/accept_loop.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <deque>
#include <new>
#include <vector>

#include "engine/loop/loop_test_util.h"

namespace echod {
namespace {

using std::chrono::milliseconds;

constexpr size_t kNumber = 7;  // of the listener

// Keeps what it is given, and never serves it.
class KeepingPlacement final : public Placement {
 public:
  void place(Accepted accepted) override {
    if (out_of_memory > 0) {
      --out_of_memory;
      throw std::bad_alloc();
    }
    kept.push_back(std::move(accepted));
  }

  std::deque<Accepted> kept;
  int out_of_memory = 0;  // clients for which there is no memory
};

class NotingObserver final : public AcceptObserver {
 public:
  void accept_paused(const Error& error) override { paused.push_back(error); }
  void source_refused(const Endpoint& peer) override { refused.push_back(peer); }

  std::vector<Error> paused;
  std::vector<Endpoint> refused;
};

class AcceptLoopTest : public LoopTest {
 protected:
  void SetUp() override {
    LoopTest::SetUp();
    if (IsSkipped()) return;
    TestListener listening = listener();
    endpoint_ = listening.endpoint;
    socket_ = attached(std::move(listening.socket));
  }

  void TearDown() override {
    socket_.reset();
    LoopTest::TearDown();
  }

  Fd client() { return connect_to(endpoint_); }

  Task<> accepting(Admission& admission) {
    return accept_loop(*socket_, kNumber, admission, observer_, placement_);
  }

  // Drains the loop, and expects that accepting ends, without an error.
  void drain(Task<>& task) {
    loop().request(Phase::kDraining);
    run_until([&task] { return task.done(); });
    EXPECT_TRUE(task.result());
    placement_.kept.clear();
  }

  void run_a_while() { EXPECT_TRUE(run(sleep_until(loop(), loop().now() + 3 * kAcceptPause))); }

  Endpoint endpoint_;
  std::unique_ptr<Socket> socket_;
  KeepingPlacement placement_;
  NotingObserver observer_;
};

ECHOD_ON_EVERY_LOOP(AcceptLoopTest);

TEST_P(AcceptLoopTest, HandsOnWhoComes) {
  Admission admission({});
  Task<> task = accepting(admission);
  task.start();
  std::vector<Fd> clients;
  for (size_t count : {size_t{1}, size_t{5}}) {  // one, then several in the queue at once
    while (clients.size() < count) clients.push_back(client());
    run_until([&] { return placement_.kept.size() == count; });
  }
  for (size_t i = 0; i < clients.size(); ++i) {
    Accepted& accepted = placement_.kept[i];
    EXPECT_EQ(accepted.listener, kNumber);
    EXPECT_EQ(accepted.ticket.peer(), Endpoint::local_of(clients[i].get()));
    write_all(clients[i], "hello");
    EXPECT_EQ(read_exactly(Fd(::dup(accepted.socket.fd())), 5), "hello");
  }
  EXPECT_EQ(admission.connections(), 5u);
  drain(task);
  EXPECT_EQ(admission.connections(), 0u);
  EXPECT_TRUE(observer_.paused.empty());
}

TEST_P(AcceptLoopTest, AClientWithoutMemoryForItIsClosedAndTheNextOneServed) {
  Admission admission({.connections_per_source_max = 1});
  Task<> task = accepting(admission);
  placement_.out_of_memory = 1;
  task.start();
  Fd first = client();
  run_until([&] { return observer_.paused.size() == 1; });
  EXPECT_EQ(observer_.paused[0].code, Errc::kNoMemory);
  EXPECT_TRUE(at_end(first)) << "it is not left waiting";
  EXPECT_EQ(admission.connections(), 0u);
  Fd second = client();
  run_until([&] { return placement_.kept.size() == 1; });
  EXPECT_EQ(placement_.kept[0].ticket.peer(), Endpoint::local_of(second.get()));
  drain(task);
}

TEST_P(AcceptLoopTest, EndsWhenTheLoopAborts) {
  Admission admission({});
  Task<> task = accepting(admission);
  task.start();
  loop().request(Phase::kAborting);
  run_until([&task] { return task.done(); });
  EXPECT_TRUE(task.result());
}

TEST_P(AcceptLoopTest, RefusesASourceThatHasItsShare) {
  Admission admission({.connections_per_source_max = 1});
  Task<> task = accepting(admission);
  task.start();
  Fd first = client();
  run_until([&] { return placement_.kept.size() == 1; });
  Fd second = client();
  run_until([&] { return observer_.refused.size() == 1; });
  EXPECT_EQ(observer_.refused[0], Endpoint::local_of(second.get()));
  EXPECT_TRUE(at_end(second)) << "it is not left waiting";
  placement_.kept.clear();
  Fd third = client();
  run_until([&] { return placement_.kept.size() == 1; });
  EXPECT_EQ(observer_.refused.size(), 1u);
  drain(task);
}

TEST_P(AcceptLoopTest, WaitsForAPlaceWhenThereIsNone) {
  Admission admission({.connections_max = 1});
  Task<> task = accepting(admission);
  task.start();
  Fd first = client();
  Fd second = client();
  run_until([&] { return placement_.kept.size() == 1; });
  run_a_while();
  EXPECT_EQ(placement_.kept.size(), 1u);
  placement_.kept.clear();
  run_until([&] { return placement_.kept.size() == 1; });
  EXPECT_EQ(placement_.kept[0].ticket.peer(), Endpoint::local_of(second.get()));
  drain(task);
}

TEST_P(AcceptLoopTest, DrainingEndsTheWaitForAPlace) {
  Admission admission({.connections_max = 1});
  Task<> task = accepting(admission);
  task.start();
  Fd first = client();
  Fd second = client();
  run_until([&] { return placement_.kept.size() == 1; });
  run_a_while();
  drain(task);
  EXPECT_TRUE(at_end(second)) << "it was accepted, and is let go";
}

TEST_P(AcceptLoopTest, PausesWithoutDescriptorsAndGoesOnWithThem) {
  Admission admission({});
  Task<> task = accepting(admission);
  Fd waiting = client();
  {
    NoDescriptors limit;
    task.start();
    run_a_while();
    run_a_while();
    EXPECT_TRUE(placement_.kept.empty());
  }
  run_until([&] { return placement_.kept.size() == 1; });
  ASSERT_FALSE(observer_.paused.empty());
  EXPECT_EQ(observer_.paused[0], os_failure(EMFILE, During::kAccept));
  drain(task);
}

TEST_P(AcceptLoopTest, DrainingEndsAPause) {
  Admission admission({});
  Task<> task = accepting(admission);
  Fd waiting = client();
  NoDescriptors limit;
  task.start();
  run_until([&] { return !observer_.paused.empty(); });
  drain(task);
}

}  // namespace
}  // namespace echod
