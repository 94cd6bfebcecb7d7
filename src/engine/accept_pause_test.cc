// When accepting pauses, and when it does not, on a loop that follows a script and whose time
// passes only by sleeping: what a real kernel fails with too rarely, and too late, to test.
#include <gtest/gtest.h>

#include <cerrno>
#include <deque>
#include <vector>

#include "engine/accept_loop.h"

namespace echod {
namespace {

// Completes every operation at once: an accept with the script's next errno, and drains when the
// script is at its end; a sleep by letting its time pass.
class ScriptedLoop final : public EventLoop {
 public:
  explicit ScriptedLoop(std::deque<int> script) : script_(std::move(script)) {}

  bool start(Operation& operation) override {
    if (script_.empty()) {
      operation.fail(Errc::kAborted);
    } else if (operation.kind == Operation::Kind::kAccept) {
      EXPECT_TRUE(operation.ends_on_drain) << "draining must end it";
      operation.fail_with_errno(script_.front());
      script_.pop_front();
      ++accepts;
    } else {
      EXPECT_EQ(operation.kind, Operation::Kind::kSleep);
      EXPECT_TRUE(operation.ends_on_drain) << "draining must end it";
      sleeps.push_back(operation.deadline - now_);
      now_ = operation.deadline;
    }
    operation.state = Operation::State::kComplete;
    return true;
  }

  void cancel(Operation&, Error) override { ADD_FAILURE(); }
  void run_once_by(Deadline) override { ADD_FAILURE() << "nothing ever waits"; }
  void request(Phase) override {}
  Phase phase() const override { return Phase::kServing; }
  BufferPool& buffers() override { return buffers_; }
  void add_to(WorkerTotals&) const override {}
  Time now() const override { return now_; }

  int accepts = 0;
  std::vector<Duration> sleeps;

 private:
  Result<void> attach(Socket&) override { return {}; }
  void detach(Socket&) noexcept override {}

  std::deque<int> script_;
  Time now_ = Time(std::chrono::hours(1));
  BufferPool buffers_{BufferPool::Options{}};
};

class NoPlacement final : public Placement {
 public:
  void place(Accepted) override { ADD_FAILURE(); }
};

class CountingObserver final : public AcceptObserver {
 public:
  void accept_paused(const Error& error) override { reported.push_back(error.os_error); }
  void source_refused(const Endpoint&) override { ADD_FAILURE(); }

  std::vector<int> reported;
};

class AcceptPauseTest : public testing::Test {
 protected:
  // Accepts until the script is over.
  void run(ScriptedLoop& loop) {
    Socket listener(loop, Fd());
    ASSERT_TRUE(listener.attach());
    Admission admission({});
    NoPlacement placement;
    Task<> task = accept_loop(listener, 0, admission, observer_, placement);
    task.start();
    ASSERT_TRUE(task.done());
    EXPECT_TRUE(task.result());
  }

  CountingObserver observer_;
};

TEST_F(AcceptPauseTest, AClientThatIsGoneAlreadyIsNoReasonToPause) {
  ScriptedLoop loop({ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH,
                     EOPNOTSUPP, ENETUNREACH, EPERM});
  run(loop);
  EXPECT_EQ(loop.accepts, 10);
  EXPECT_TRUE(loop.sleeps.empty());
  EXPECT_TRUE(observer_.reported.empty());
}

TEST_F(AcceptPauseTest, WantOfAnythingIs) {
  ScriptedLoop loop({EMFILE, ENFILE, ENOBUFS, ENOMEM, EINVAL});
  run(loop);
  EXPECT_EQ(loop.accepts, 5);
  EXPECT_EQ(loop.sleeps, std::vector<Duration>(4, kAcceptPause)) << "the fifth is cut short";
  EXPECT_EQ(observer_.reported, (std::vector<int>{EMFILE, ENFILE, ENOBUFS, ENOMEM, EINVAL}));
}

}  // namespace
}  // namespace echod
