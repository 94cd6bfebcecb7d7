// Kernels that lack or forbid a call: the loop does without, or says so when it is made.
#include <gtest/gtest.h>

#include <cerrno>

#include "engine/loop/loop_test_util.h"
#include "net/kernel.h"

namespace echod {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// One without the precise wait: before Linux 5.11 (ENOSYS), or under a filter (EPERM).
class WithoutPreciseWait final : public Kernel {
 public:
  explicit WithoutPreciseWait(int os_error) : os_error_(os_error) {}
  int epoll_pwait2(int, epoll_event*, int, const timespec*) override {
    ++asked;
    errno = os_error_;
    return -1;
  }
  int asked = 0;

 private:
  int os_error_;
};

TEST(OldKernelTest, EpollWaitsWithoutThePreciseWait) {
  for (const int os_error : {ENOSYS, EPERM}) {
    WithoutPreciseWait old(os_error);
    KernelScope scope(old);
    std::unique_ptr<EventLoop> loop = make_loop(LoopKind::kEpoll, kTestBuffers);
    SocketPair pair = unix_pair();
    Socket socket(*loop, std::move(pair.near));
    ASSERT_TRUE(socket.attach());
    Task<Chunk> receiving = receive(socket, loop->now() + hours(1));
    receiving.start();
    MonotonicClock clock;
    const Time latest = clock.now() + milliseconds(5);
    do {
      loop->run_once_by(latest);
    } while (clock.now() < latest);
    EXPECT_GT(old.asked, 0);
    EXPECT_FALSE(receiving.done());
    write_all(pair.far, "x");
    while (!receiving.done()) loop->run_once_by(clock.now() + milliseconds(50));
    const Result<Chunk> received = receiving.result();
    ASSERT_TRUE(received);
    EXPECT_EQ(received->text(), "x");
  }
}

// One whose calls that make something all fail from a given one on.
class Refusing final : public Kernel {
 public:
  explicit Refusing(int granted) : granted_(granted) {}
  int epoll_create1(int flags) override { return refused() ? -1 : Kernel::epoll_create1(flags); }
  int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) override {
    return refused() ? -1 : Kernel::epoll_ctl(epoll, operation, fd, event);
  }
  int eventfd(unsigned initial, int flags) override {
    return refused() ? -1 : Kernel::eventfd(initial, flags);
  }
  int uring_setup(unsigned entries, io_uring* ring, io_uring_params* params) override {
    return refused() ? -ENOMEM : Kernel::uring_setup(entries, ring, params);
  }
  int uring_register_buf_ring(io_uring* ring, io_uring_buf_reg* registration) override {
    return refused() ? -ENOMEM : Kernel::uring_register_buf_ring(ring, registration);
  }

 private:
  bool refused() {
    if (granted_-- > 0) return false;
    errno = ENOMEM;
    return true;
  }
  int granted_;
};

template <typename Loop>
void expect_orderly_failures() {
  constexpr int kCalls = 3;  // that making a loop takes
  for (int granted = 0; granted < kCalls; ++granted) {
    Refusing kernel(granted);
    KernelScope scope(kernel);
    Result<std::unique_ptr<EventLoop>> loop = Loop::create(kTestBuffers);
    ASSERT_FALSE(loop) << granted << " calls granted";
    EXPECT_EQ(loop.error().os_error, ENOMEM);
  }
  Refusing kernel(kCalls);
  KernelScope scope(kernel);
  EXPECT_TRUE(Loop::create(kTestBuffers));
}

TEST(OldKernelTest, AnEpollLoopThatCannotBeMadeSaysSo) { expect_orderly_failures<EpollLoop>(); }

TEST(OldKernelTest, AUringLoopThatCannotBeMadeSaysSo) {
  if (!probe_uring()) GTEST_SKIP() << "io_uring does not work here";
  expect_orderly_failures<UringLoop>();
}

}  // namespace
}  // namespace echod
