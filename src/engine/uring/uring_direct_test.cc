// Connections beyond the process's descriptors: accepted into the table of a further ring, served
// and half-closed like any other, and their places given to those who come later.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <vector>

#include "engine/loop/loop_test_util.h"

namespace echod {
namespace {

constexpr rlim_t kDescriptors = 1024;        // the fewest for which there are further rings
constexpr int kTaken = 600;                  // of them, so many that the loop saves the rest
constexpr size_t kDirectMax = kDescriptors;  // one further ring

class UringDirectTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!probe_uring()) GTEST_SKIP() << "io_uring does not work here";
    ECHOD_CHECK(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const rlimit few{.rlim_cur = kDescriptors, .rlim_max = before_.rlim_max};
    ECHOD_CHECK(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    Result<std::unique_ptr<EventLoop>> loop =
        UringLoop::create(kTestBuffers, Duration::zero(), kDirectMax);
    ASSERT_TRUE(loop);
    loop_ = std::move(*loop);
    watchdog_ = std::make_unique<Watchdog>(*loop_);
    TestListener listening = listen_on_loopback({.blocking = true});
    endpoint_ = listening.endpoint;
    listener_ = std::make_unique<Socket>(*loop_, std::move(listening.socket));
    ASSERT_TRUE(listener_->attach());
    while (taken_.empty() || taken_.back().get() < kTaken) {
      taken_.push_back(Fd(::fcntl(listener_->fd(), F_DUPFD_CLOEXEC, 0)));
      ASSERT_TRUE(taken_.back().valid());
    }
    ordinary_ = accept();
    ASSERT_TRUE(ordinary_.served && !ordinary_.served->handle().is_direct());
  }

  void TearDown() override {
    if (!loop_) return;
    ordinary_ = {};
    listener_.reset();
    for (int i = 0; i < 3; ++i) loop_->run_once_by(loop_->now());
    watchdog_.reset();
    loop_.reset();
    taken_.clear();
    ECHOD_CHECK(::setrlimit(RLIMIT_NOFILE, &before_) == 0);
  }

  struct Pair {
    Fd client;
    std::unique_ptr<Socket> served;
  };

  Pair accept() {
    Pair pair{.client = connect_to(endpoint_), .served = nullptr};
    Arrival arrival;
    Operation operation = Operation::accept(*listener_, arrival);
    if (!run(perform(*loop_, operation))) return pair;
    pair.served = std::make_unique<Socket>(*loop_, std::move(arrival.socket));
    ECHOD_CHECK(pair.served->attach());
    return pair;
  }

  // Whether the client has the end of the stream already.
  static bool at_end_now(const Fd& client) {
    char byte;
    return ::recv(client.get(), &byte, 1, MSG_DONTWAIT) == 0;
  }

  template <typename T>
  Result<T> run(Task<T> task) {
    task.start();
    while (!task.done()) loop_->run_once();
    return task.result();
  }

  rlimit before_{};
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Watchdog> watchdog_;
  Endpoint endpoint_;
  std::unique_ptr<Socket> listener_;
  std::vector<Fd> taken_;
  Pair ordinary_;
};

TEST_F(UringDirectTest, CarriesBytesBothWaysAndTheEnd) {
  Pair pair = accept();
  ASSERT_TRUE(pair.served);
  ASSERT_TRUE(pair.served->handle().is_direct());
  for (int i = 0; i < 3; ++i) {
    // Bytes that come while the loop sleeps, which its further ring must end each time.
    Task<std::string> receiving = receive_text(*pair.served, 5);
    receiving.start();
    loop_->run_once_by(loop_->now() + std::chrono::milliseconds(5));
    ASSERT_FALSE(receiving.done());
    write_all(pair.client, "there");
    while (!receiving.done()) loop_->run_once();
    Result<std::string> received = receiving.result();
    ASSERT_TRUE(received);
    EXPECT_EQ(*received, "there");
    ASSERT_TRUE(run(send_text(*pair.served, "back")));
    EXPECT_EQ(read_exactly(pair.client, 4), "back");
  }
  ::shutdown(pair.client.get(), SHUT_WR);
  Result<std::string> rest = run(receive_text(*pair.served, 1));
  ASSERT_TRUE(rest);
  EXPECT_EQ(*rest, "");
  pair.served->shut_down_sending();
  pair.served.reset();
  for (int i = 0; i < 3; ++i) loop_->run_once_by(loop_->now() + std::chrono::milliseconds(10));
  EXPECT_TRUE(at_end(pair.client));
}

// Twice as many as the table has places, one after the other: each closed right behind its FIN,
// which must not touch the next one, that may have got its place.
TEST_F(UringDirectTest, PlacesAreGivenAgain) {
  Fd ended;  // the client before
  for (size_t i = 0; i < 2 * kDirectMax; ++i) {
    Pair pair = accept();
    ASSERT_TRUE(pair.served) << "connection " << i;
    ASSERT_TRUE(pair.served->handle().is_direct()) << "connection " << i;
    while (ended.valid() && !at_end_now(ended)) {
      loop_->run_once_by(loop_->now() + std::chrono::milliseconds(1));
    }
    ASSERT_TRUE(run(send_text(*pair.served, "x"))) << "connection " << i;
    ASSERT_EQ(read_exactly(pair.client, 1), "x") << "connection " << i;
    pair.served->shut_down_sending();
    pair.served.reset();
    ended = std::move(pair.client);
  }
}

}  // namespace
}  // namespace echod
