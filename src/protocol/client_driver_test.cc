// ClientDriver over a pipe: it ends when the traffic is over, when the peer is gone and when the
// handshake fails, and leaves nothing running.
#include "protocol/client_driver.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "protocol/raw/echo.h"
#include "stream/pipe.h"

namespace echod {
namespace {

// `count` messages of 100 bytes, one at a time.
class Traffic final : public EchoTraffic {
 public:
  explicit Traffic(int count) : left_(count) {}

  std::optional<uint64_t> next_message() override {
    if (left_ == 0 || in_flight_) return std::nullopt;
    --left_;
    in_flight_ = true;
    return 100;
  }
  void sending() override {}
  void echoed(size_t count) override {
    echoes += count;
    in_flight_ = false;
    driver->wake();
  }
  void refused(std::string_view) override {}
  void wants_to_send() override {}
  bool is_finished() const override { return left_ == 0 && !in_flight_; }

  ClientDriver* driver = nullptr;
  size_t echoes = 0;

 private:
  int left_;
  bool in_flight_ = false;
};

class ClientDriverTest : public testing::Test {
 protected:
  void drive(EchoClient& client, Traffic& traffic) {
    driver_ = std::make_unique<ClientDriver>(*ends_.first, client, traffic);
    traffic.driver = driver_.get();
    tasks_.spawn(observe(*driver_));
  }
  Task<> observe(ClientDriver& driver) { outcome_ = co_await driver.run().observed(); }

  BufferPool buffers_{{.buffer_size = 4096, .buffer_count_max = 8, .spare_count_max = 8}};
  std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> ends_ = make_pipe();
  std::unique_ptr<ClientDriver> driver_;
  std::optional<Result<void>> outcome_;
  Nursery tasks_;
};

TEST_F(ClientDriverTest, EndsWhenTheTrafficIsFinished) {
  Traffic traffic(10);
  auto client = make_tcp_client(*ends_.first, buffers_, traffic, {});
  tasks_.spawn(echo(*ends_.second));
  drive(*client, traffic);
  ASSERT_TRUE(outcome_.has_value());
  EXPECT_TRUE(outcome_->has_value());
  EXPECT_EQ(traffic.echoes, 10u);
  EXPECT_FALSE(driver_->is_waiting());
}

TEST_F(ClientDriverTest, WaitsUntilItIsWoken) {
  class Idle final : public EchoTraffic {
   public:
    std::optional<uint64_t> next_message() override {
      return due && !std::exchange(sent, true) ? std::optional<uint64_t>(1) : std::nullopt;
    }
    void sending() override {}
    void echoed(size_t) override { back = true; }
    void refused(std::string_view) override {}
    void wants_to_send() override {}
    bool is_finished() const override { return back; }
    bool due = false;
    bool sent = false;
    bool back = false;
  };
  Idle traffic;
  auto client = make_tcp_client(*ends_.first, buffers_, traffic, {});
  ClientDriver driver(*ends_.first, *client, traffic);
  tasks_.spawn(echo(*ends_.second));
  tasks_.spawn(observe(driver));
  EXPECT_TRUE(driver.is_waiting());
  driver.wake();  // with nothing to send it waits again
  EXPECT_TRUE(driver.is_waiting());
  traffic.due = true;
  driver.wake();
  EXPECT_TRUE(traffic.back);
  driver.wake();  // finished: it ends the connection
  ASSERT_TRUE(outcome_.has_value());
  EXPECT_TRUE(outcome_->has_value());
}

TEST_F(ClientDriverTest, EndsWhenThePeerIsGone) {
  Traffic traffic(10);
  auto client = make_tcp_client(*ends_.first, buffers_, traffic, {});
  drive(*client, traffic);  // the peer reads nothing: a send is pending
  EXPECT_FALSE(outcome_.has_value());
  ends_.second->abort({Errc::kAborted});
  ASSERT_TRUE(outcome_.has_value());
  ASSERT_FALSE(outcome_->has_value());
  EXPECT_EQ(outcome_->error().code, Errc::kReset);
  EXPECT_EQ(tasks_.size(), 0u);
}

TEST_F(ClientDriverTest, EndsWhenTheHandshakeFails) {
  Traffic traffic(10);
  auto client = make_websocket_client(*ends_.first, buffers_, traffic, {.host = "test"});
  drive(*client, traffic);
  EXPECT_FALSE(outcome_.has_value());
  ends_.second->abort({Errc::kAborted});
  ASSERT_TRUE(outcome_.has_value());
  ASSERT_FALSE(outcome_->has_value());
  EXPECT_EQ(traffic.echoes, 0u);
  EXPECT_EQ(tasks_.size(), 0u);
}

}  // namespace
}  // namespace echod
