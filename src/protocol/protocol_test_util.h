// What the handlers' tests share: a Conversation between a handler and a client over a pipe,
// without sockets, threads or time. The client's side always reads, so that the handler runs as far
// as it can after each thing the client does, and the test looks at what has come back so far.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/timer_test_util.h"
#include "protocol/handler.h"
#include "stream/pipe.h"
#include "stream/session.h"
#include "stream/stream.h"

namespace echod {

// Writes down what a handler does with its stream, and makes one of its operations fail.
class WatchedStream final : public Stream {
 public:
  explicit WatchedStream(Stream& inner) : inner_(inner) {}

  // The receive, send or finish_sending with this number (0: the first) fails with `code` instead
  // of being done. After a timeout the connection still works, after anything else it is gone.
  void fail(size_t operation, Errc code) {
    failing_ = operation;
    code_ = code;
    goes_on_ = code == Errc::kTimeout;
  }

  // The same for an operation that the server's draining ends, or one before whose timeout time has
  // passed as `before` says; the connection still works.
  void fail_and_go_on(size_t operation, Errc code, std::function<void()> before = {}) {
    fail(operation, code);
    goes_on_ = true;
    before_ = std::move(before);
  }

  // From now on a receive with a deadline finds that it has passed: nothing comes meanwhile. (A
  // sleep with a FakeClock is over at once too.)
  void pass_time(FakeClock& clock) { clock_ = &clock; }

  // Operations begun so far: what fail() counts.
  size_t operations() const { return operations_; }

  // Sizes of the chunks sent, and the deadlines of the receives, in order.
  const std::vector<size_t>& sends() const { return sends_; }
  const std::vector<Deadline>& receive_deadlines() const { return receive_deadlines_; }
  bool finished() const { return finished_; }

  // The session's `ends_on_drain` while the last receive waited.
  void watch_idle(const Session& session) { session_ = &session; }
  bool waited_idle() const { return waited_idle_; }

  Task<Chunk> receive() override {
    receive_deadlines_.push_back(deadline_);
    if (session_ != nullptr) waited_idle_ = session_->ends_on_drain;
    co_await pass(During::kReceive);
    if (clock_ != nullptr && deadline_ != kNever) {
      co_await clock_->sleep_until(deadline_);
      co_await failed({Errc::kTimeout, During::kReceive});
    }
    Chunk chunk = co_await inner_.receive();
    co_return std::move(chunk);
  }

  Task<> send(Chunk chunk) override {
    co_await pass(During::kSend);
    if (chunk) sends_.push_back(chunk.size());
    co_await inner_.send(std::move(chunk));
  }

  Task<> finish_sending() override {
    co_await pass(During::kSend);
    finished_ = true;
    co_await inner_.finish_sending();
  }

  void abort(Error reason) noexcept override { inner_.abort(reason); }
  void expires_at(Deadline deadline) override { deadline_ = deadline; }

 private:
  Result<void> pass(During during) {
    if (operations_++ != failing_) return {};
    Error error{.code = code_, .during = during};
    const std::function<void()> before = before_;  // which may set the next
    if (before) before();
    if (!goes_on_) inner_.abort(error);
    return std::unexpected(error);
  }

  Stream& inner_;
  size_t failing_ = SIZE_MAX;
  Errc code_ = Errc::kReset;
  bool goes_on_ = false;
  std::function<void()> before_;
  size_t operations_ = 0;
  std::vector<size_t> sends_;
  std::vector<Deadline> receive_deadlines_;
  Deadline deadline_ = kNever;
  bool finished_ = false;
  FakeClock* clock_ = nullptr;
  const Session* session_ = nullptr;
  bool waited_idle_ = false;
};

// One connection to `handler`. Every buffer has come back to the pool when it is gone, which the
// pool's destructor checks.
class Conversation {
 public:
  explicit Conversation(const Handler& handler, const BufferPool::Options& buffers = {})
      : pool_(buffers), server_(*pipe_.first), handler_(handler) {
    server_.watch_idle(session_);
  }

  ~Conversation() {
    if (!serving_) return;
    client().abort({Errc::kReset});
    EXPECT_TRUE(ended()) << "the handler did not end with its connection";
    EXPECT_TRUE(receiving_->done());
    for (const Task<>& task : client_tasks_) EXPECT_TRUE(task.done());
  }

  WatchedStream& server() { return server_; }
  Stream& client() { return *pipe_.second; }
  FakeClock& clock() { return clock_; }
  BufferPool& pool() { return pool_; }
  Session& session() { return session_; }

  // The client connects; send() and finish() do it too.
  void start() {
    if (serving_) return;
    serving_.emplace(handler_.serve(server_, session_));
    receiving_.emplace(receive_all(client(), received_, got_end_));
    receiving_->start();
    serving_->start();
    close_if_ended();
  }

  // The client sends `text`, in as many chunks as it takes.
  void send(std::string_view text) {
    start();
    run(send_all(client(), pool_, std::string(text)));
  }

  void send_pieces(const std::vector<std::string>& pieces) {
    for (const std::string& piece : pieces) send(piece);
  }

  // The client sends nothing more, but goes on receiving.
  void finish() {
    start();
    run(client().finish_sending());
  }

  // What the client has received, and whether it was told that nothing more will come.
  const std::string& received() const { return received_; }
  std::string take_received() { return std::exchange(received_, {}); }
  bool got_end() const { return got_end_; }

  bool ended() const { return serving_->done(); }
  Result<void> outcome() {
    if (!outcome_) outcome_ = serving_->result();
    return *outcome_;
  }

 private:
  static Task<> receive_all(Stream& client, std::string& received, bool& got_end) {
    while (Chunk chunk = co_await client.receive()) received += chunk.text();
    got_end = true;
  }

  static Task<> send_all(Stream& client, BufferPool& pool, std::string text) {
    std::string_view rest = text;
    while (!rest.empty()) {
      Result<Chunk> chunk = pool.lease();
      if (!chunk) co_await failed({Errc::kNoMemory});
      size_t size = std::min(rest.size(), chunk->spare().size());
      chunk->append(rest.substr(0, size));
      rest.remove_prefix(size);
      co_await client.send(std::move(*chunk));
    }
  }

  void run(Task<> task) {
    client_tasks_.push_back(std::move(task));
    client_tasks_.back().start();
    close_if_ended();
  }

  // What the server does with a connection whose handler has ended.
  void close_if_ended() {
    if (serving_->done()) server_.abort({Errc::kReset});
  }

  BufferPool pool_;
  FakeClock clock_;
  Session session_{.clock = clock_, .buffers = pool_};
  std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> pipe_ = make_pipe();
  WatchedStream server_;
  const Handler& handler_;
  std::string received_;
  bool got_end_ = false;
  std::optional<Task<>> serving_;
  std::optional<Task<>> receiving_;
  std::vector<Task<>> client_tasks_;
  std::optional<Result<void>> outcome_;
};

// `text` in pieces of `size` bytes.
inline std::vector<std::string> in_pieces(std::string_view text, size_t size) {
  std::vector<std::string> pieces;
  for (; !text.empty(); text.remove_prefix(std::min(size, text.size()))) {
    pieces.emplace_back(text.substr(0, size));
  }
  return pieces;
}

// Every way of cutting `text` into two pieces or none, and into small pieces of the same size.
inline std::vector<std::vector<std::string>> splits_of(std::string_view text) {
  std::vector<std::vector<std::string>> splits = {{std::string(text)}};
  for (size_t cut = 1; cut < text.size(); ++cut) {
    splits.push_back({std::string(text.substr(0, cut)), std::string(text.substr(cut))});
  }
  for (size_t size : {1u, 2u, 3u, 7u}) splits.push_back(in_pieces(text, size));
  return splits;
}

// `size` bytes in which no two neighbours of a distance below 251 agree, so that lost, repeated or
// swapped pieces show.
inline std::string pattern(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i % 251 + i / 251) & 0xff);
  return bytes;
}

}  // namespace echod
