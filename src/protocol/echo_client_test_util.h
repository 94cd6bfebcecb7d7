// What the clients' tests share: an Exchange of a client with a far end that the test plays, over a
// pipe, without sockets, threads or time.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <coroutine>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/event.h"
#include "base/nursery.h"
#include "protocol/echo_client.h"
#include "stream/pipe.h"

namespace echod {

// Sends the messages a test gave it, `window` at a time.
class ScriptedTraffic final : public EchoTraffic {
 public:
  std::optional<uint64_t> next_message() override {
    if (left.empty() || under_way == window) return std::nullopt;
    const uint64_t size = left.front();
    left.pop_front();
    ++under_way;
    ++unsent;
    return size;
  }
  void sending() override { unsent = 0; }
  void echoed(size_t count) override {
    EXPECT_GT(count, 0u);
    EXPECT_LE(count, under_way);
    EXPECT_EQ(unsent, 0u);
    under_way -= count;
    echoes += count;
    wake();
  }
  void refused(std::string_view what) override {
    --under_way;
    refusals.emplace_back(what);
    wake();
  }
  void wants_to_send() override { wake(); }
  bool is_finished() const override { return false; }

  void wake() { may_send.wake(); }

  std::deque<uint64_t> left;
  size_t window = 1;
  size_t under_way = 0;
  size_t unsent = 0;
  size_t echoes = 0;
  std::vector<std::string> refusals;
  Event may_send;
};

enum class Kind { kTcp, kHttp, kWebSocket };

// A client and the far end of its connection.
class Exchange {
 public:
  Exchange(Kind kind, std::deque<uint64_t> sizes, size_t window = 1, bool verify = true)
      : ends_(make_pipe()) {
    traffic.left = std::move(sizes);
    traffic.window = window;
    EchoClientOptions options{
        .seed = 7, .verify = verify, .host = "test:1", .path = "/x?y", .fields = "X-A: b\r\n"};
    constexpr std::array kMakers = {&make_tcp_client, &make_http1_client, &make_websocket_client};
    const auto make = kMakers[static_cast<size_t>(kind)];
    client_ = make(*ends_.first, pool_, traffic, options);
    tasks_.spawn(drive());
    tasks_.spawn(read());
  }
  ~Exchange() {
    ended_ = true;
    traffic.wake();
    ends_.first->abort({Errc::kAborted});
    ends_.second->abort({Errc::kAborted});
    EXPECT_EQ(tasks_.size(), 0u);
  }

  // What the client has sent since the last call.
  std::string sent() { return std::exchange(sent_, {}); }

  // Sends `bytes` to the client, in pieces of `size`.
  void answer(std::string_view bytes, size_t size = 4096) {
    while (!bytes.empty() && !outcome) {
      Result<Chunk> chunk = pool_.lease();
      chunk->append(bytes.substr(0, size));
      bytes.remove_prefix(std::min(size, bytes.size()));
      tasks_.spawn(give(std::move(*chunk)));
    }
  }
  void end() { tasks_.spawn(finish()); }

  // The client says its goodbye.
  void say_goodbye() { tasks_.spawn(client_->finish()); }

  const EchoClient& client() const { return *client_; }

  ScriptedTraffic traffic;
  std::optional<Result<void>> outcome_of_open;
  std::optional<Result<void>> outcome;  // of receiving

 private:
  Task<> send() {
    while (!ended_) {
      Result<void> sent = co_await client_->send().observed();
      if (!sent) break;
      co_await traffic.may_send.wait();
    }
  }
  Task<> drive() {
    outcome_of_open = co_await client_->open().observed();
    if (!*outcome_of_open) co_return;
    tasks_.spawn(send());
    outcome = co_await client_->receive().observed();
  }
  Task<> read() {
    while (Chunk chunk = co_await ends_.second->receive()) sent_ += chunk.text();
  }
  Task<> give(Chunk chunk) { co_await ends_.second->send(std::move(chunk)); }
  Task<> finish() { co_await ends_.second->finish_sending(); }

  BufferPool pool_{{.buffer_size = 4096, .buffer_count_max = 64, .spare_count_max = 8}};
  std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> ends_;
  std::unique_ptr<EchoClient> client_;
  Nursery tasks_;
  std::string sent_;
  bool ended_ = false;
};

inline void expect_fault(const Exchange& exchange, Detail detail, std::string_view text) {
  ASSERT_TRUE(exchange.outcome.has_value());
  ASSERT_FALSE(exchange.outcome->has_value());
  EXPECT_EQ(exchange.outcome->error().code, Errc::kProtocol);
  EXPECT_EQ(exchange.outcome->error().layer, Layer::kProtocol);
  EXPECT_EQ(exchange.outcome->error().detail, detail);
  EXPECT_NE(exchange.client().explanation().find(text), std::string::npos)
      << exchange.client().explanation();
}

}  // namespace echod
