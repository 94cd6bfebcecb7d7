#include "app/bench/load/connection.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nursery.h"
#include "net/socket_options.h"

namespace echod {
namespace {

// Between two attempts to open a connection that fails; doubled from one to the next.
constexpr Duration kPauseMin = std::chrono::milliseconds(10);
constexpr Duration kPauseMax = std::chrono::seconds(1);

constexpr uint64_t kIdleCheckSize = 64;  // bytes, of the message a quiet connection echoes

// Deadlines are the connection's own business: see check_age().
constexpr StreamTimeouts kNoTimeouts;

std::string_view kind_of(EchoFault fault, const Error& error) {
  switch (fault) {
    case EchoFault::kCorrupt:
      return "corrupt";
    case EchoFault::kClosed:
      return "closed";
    case EchoFault::kProtocol:
      return "protocol";
    case EchoFault::kNone:
      break;
  }
  return name_of(error.code);
}

}  // namespace

Task<> BenchConnection::run() {
  Duration pause = kPauseMin;
  while (true) {
    echoed_here_ = 0;
    completed_ = false;
    // A connection for each message is opened when the message is due.
    while (tester_.setup.options.connect_each && !may_begin() && !is_over()) {
      co_await Sleep{sleeper_};
    }
    if (is_over()) break;
    if (tester_.setup.options.connect_each && !reserved_) {
      take_from_quota();
      reserved_ = true;
    }
    Result<void> outcome = co_await open_and_drive().observed();
    note_first_attempt();
    if (is_over() || role_ == Role::kIdle) break;
    if (outcome && echoed_here_ > 0) {
      pause = kPauseMin;
      continue;
    }
    if (connects_failed_ % tester_.setup.endpoints.size() != 0) continue;  // another address
    Result<void> rested = co_await rest(pause).observed();
    if (!rested) break;
    pause = echoed_here_ > 0 ? kPauseMin : std::min(pause * 2, kPauseMax);
  }
  note_first_attempt();
  count_left_over();
}

Task<> BenchConnection::open_and_drive() {
  ++attempts_;
  connect_start_ = tester_.clock.now();
  choose_first_endpoint();
  Result<Fd> fd = make_socket();
  if (!fd) {
    report_unconnected("cannot open a socket", fd.error());
    co_await failed(fd.error());
  }
  Session session{.clock = tester_.loop, .buffers = tester_.loop.buffers()};
  SocketStream stream(tester_.loop, std::move(*fd), session, kNoTimeouts);
  Result<void> opened = stream.open();
  if (!opened) {
    report_unconnected("cannot open a socket", opened.error());
    co_await failed(opened.error());
  }
  stream_ = &stream;
  Result<void> outcome = co_await use(stream, session).observed();
  stream_ = nullptr;
  co_await std::move(outcome);
}

Task<> BenchConnection::use(SocketStream& stream, Session& session) {
  co_await connect(stream);
  std::unique_ptr<EchoClient> client = make_client(stream, session.buffers);
  co_await drive(stream, *client);
}

Result<Fd> BenchConnection::make_socket() {
  ClientOptions options;
  options.blocking = tester_.setup.engine != EngineKind::kEpoll;
  const std::vector<Endpoint>& sources = tester_.setup.sources;
  if (!sources.empty()) options.source = sources[(number_ + attempts_) % sources.size()];
  return client_socket(endpoint().family(), options);
}

// A name often has an IPv6 and an IPv4 address, of which the server has one: all are tried in turn,
// beginning with the one that answered last, whichever connection it was.
const Endpoint& BenchConnection::endpoint() const {
  const std::vector<Endpoint>& endpoints = tester_.setup.endpoints;
  return endpoints[(first_endpoint_ + connects_failed_) % endpoints.size()];
}

void BenchConnection::choose_first_endpoint() {
  if (connects_failed_ % tester_.setup.endpoints.size() != 0) return;  // not all were tried yet
  const size_t reached = tester_.window.reached_endpoint.load(std::memory_order_relaxed);
  first_endpoint_ = reached == RunWindow::kNotReached ? 0 : reached;
  connects_failed_ = 0;
}

Task<> BenchConnection::connect(SocketStream& stream) {
  RunWindow& window = tester_.window;
  const Endpoint& peer = endpoint();
  ++tester_.connecting;
  Result<void> connected =
      co_await stream.connect(peer, connect_start_ + tester_.setup.options.timeout).observed();
  --tester_.connecting;
  if (!connected) {
    ++connects_failed_;
    report_unconnected("cannot connect to " + peer.to_string(), connected.error());
    co_await failed(connected.error());
  }
  const Time now = tester_.clock.now();
  tester_.recorder.pass(now);
  if (role_ == Role::kActive) tester_.recorder.connected(now - connect_start_, now);
  connects_failed_ = 0;
  const auto index = static_cast<size_t>(&peer - tester_.setup.endpoints.data());
  window.reached_endpoint.store(index, std::memory_order_relaxed);
  note_first_attempt();
}

std::unique_ptr<EchoClient> BenchConnection::make_client(Stream& stream, BufferPool& buffers) {
  const BenchOptions& options = tester_.setup.options;
  const uint64_t role = role_ == Role::kIdle ? 1 : 0;
  EchoClientOptions client{.seed = (number_ * 2 + role) << 24 ^ attempts_,
                           .verify = options.verify,
                           .host = tester_.setup.host,
                           .path = options.target.path,
                           .fields = tester_.setup.fields,
                           .load = &options.http};
  EchoTraffic& traffic = *this;
  switch (options.target.protocol) {
    case BenchProtocol::kTcp:
      return make_tcp_client(stream, buffers, traffic, client);
    case BenchProtocol::kHttp1:
      return make_http1_client(stream, buffers, traffic, client);
    case BenchProtocol::kWebSocket:
      return make_websocket_client(stream, buffers, traffic, client);
  }
  ECHOD_CHECK(false);
}

Task<> BenchConnection::drive(SocketStream& stream, EchoClient& client) {
  ended_ = false;
  timed_out_ = false;
  begun_here_ = 0;
  stream.expires_at(connect_start_ + tester_.setup.options.timeout);
  Result<void> received = co_await client.open().observed();
  stream.expires_at(kNever);
  Nursery sending;
  if (received) {
    sending.spawn(send_all(stream, client));
    received = co_await client.receive().observed();
  }
  ended_ = true;
  stream.abort({Errc::kAborted});  // a send that waits for a peer that is gone
  wake();
  co_await sending.join();
  if (role_ == Role::kActive) tester_.recorder.closed();
  Result<void> outcome = judge(received, client);
  if (!outcome && !given_up_) {
    under_way_.clear();  // lost; the failure stands for them
    unstamped_ = 0;
  }
  co_await std::move(outcome);
}

Task<> BenchConnection::send_all(Stream& stream, EchoClient& client) {
  while (!ended_) {
    Result<void> sent = co_await client.send().observed();
    if (!sent) {
      stream.abort(sent.error());  // which receiving then ends with
      break;
    }
    if (is_over() && under_way_.empty()) {
      // The server's end, in answer to ours, shows that nothing more came back than was sent.
      [[maybe_unused]] Result<void> finished = co_await client.finish().observed();
      break;
    }
    if (!ended_) co_await Sleep{sleeper_};
  }
}

Task<> BenchConnection::rest(Duration pause) {
  Operation operation = Operation::sleep(tester_.clock.now() + pause);
  resting_ = &operation;
  co_await tester_.loop.perform(operation);
  resting_ = nullptr;
  co_await operation.outcome();
}

void BenchConnection::wake() {
  if (sleeper_) std::exchange(sleeper_, nullptr).resume();
}

void BenchConnection::fire() {
  const bool ready = sleeper_ && under_way_.size() < tester_.setup.pipeline && begun_ < due_end_;
  if (ready && tester_.schedule) {
    const Time due = tester_.schedule->due(number_, begun_);
    if (tester_.window.contains(due)) tester_.recorder.lagged(tester_.clock.now() - due);
  }
  wake();
}

void BenchConnection::give_up() {
  given_up_ = true;
  if (stream_ != nullptr) stream_->abort({Errc::kAborted});
  if (resting_ != nullptr) tester_.loop.cancel(*resting_, {Errc::kAborted});
  wake();
}

void BenchConnection::check_age(Time now) {
  if (stream_ == nullptr || under_way_.empty() || timed_out_) return;
  if (now - under_way_.front().sent <= tester_.setup.options.timeout) return;
  timed_out_ = true;
  stream_->abort({Errc::kTimeout, During::kReceive});
}

// Whether the schedule, the quota and the end of the run let one more message begin.
bool BenchConnection::may_begin() const {
  if (is_over()) return false;
  return !tester_.schedule || begun_ < due_end_;
}

// Whether this connection has nothing more to begin, ever.
bool BenchConnection::is_over() const {
  if (role_ == Role::kIdle) return begun_here_ > 0 || given_up_;
  const bool none_left = tester_.quota == 0 && !reserved_;
  return tester_.stopping || none_left || given_up_;
}

void BenchConnection::take_from_quota() {
  if (tester_.quota == UINT64_MAX) return;
  if (--tester_.quota == 0) tester_.recorder.ending();
}

std::optional<uint64_t> BenchConnection::next_message() {
  if (role_ == Role::kIdle) return next_of_idle();
  if (under_way_.size() >= tester_.setup.pipeline || !may_begin()) return std::nullopt;
  if (tester_.setup.options.connect_each && begun_here_ > 0) return std::nullopt;
  Message message{.size = tester_.sizes.draw(), .due = kNever, .sent = kNever};
  if (tester_.schedule) {
    message.due = tester_.schedule->due(number_, begun_++);
  } else if (tester_.setup.options.connect_each) {
    message.due = connect_start_;
  }
  if (!std::exchange(reserved_, false)) take_from_quota();
  ++begun_here_;
  ++unstamped_;
  const uint64_t size = message.size;
  under_way_.push(message);
  return size;
}

std::optional<uint64_t> BenchConnection::next_of_idle() {
  if (!tester_.checking_idle || begun_here_ > 0) return std::nullopt;
  ++begun_here_;
  ++unstamped_;
  under_way_.push({.size = kIdleCheckSize, .due = kNever, .sent = kNever});
  return kIdleCheckSize;
}

void BenchConnection::sending() {
  const Time now = tester_.clock.now();
  for (; unstamped_ > 0; --unstamped_) {
    Message& message = under_way_.at(under_way_.size() - unstamped_);
    message.sent = now;
    if (message.due == kNever) message.due = now;
  }
}

void BenchConnection::echoed(size_t count) {
  echoed_here_ += count;
  if (role_ == Role::kIdle) {
    under_way_.pop();
  } else {
    const Time now = tester_.clock.now();
    tester_.recorder.pass(now);
    for (; count > 0; --count) {
      const Message& message = under_way_.front();
      tester_.recorder.echoed(message.due, message.sent, now, message.size);
      under_way_.pop();
    }
  }
  go_on();
}

void BenchConnection::refused(std::string_view what) {
  ++echoed_here_;
  report("status", std::string(what));
  under_way_.pop();
  go_on();
}

// A message is done with: on to the next, or to the connection's end.
void BenchConnection::go_on() {
  if (role_ == Role::kActive && tester_.setup.options.connect_each) {
    completed_ = true;
    stream_->abort({Errc::kAborted});  // nothing more is to be received
  } else {
    wake();
  }
}

void BenchConnection::note_first_attempt() {
  if (std::exchange(first_attempt_over_, true)) return;
  tester_.window.opened.fetch_add(1, std::memory_order_relaxed);
}

// What became of the connection, reported where it is a failure.
Result<void> BenchConnection::judge(const Result<void>& received, const EchoClient& client) {
  if (completed_) return {};
  if (timed_out_) {
    report("timeout", fmt::format("no echo within {:g} s, {} message(s) under way",
                                  static_cast<double>(tester_.setup.options.timeout.count()) / 1e9,
                                  under_way_.size()));
    return failure(Errc::kTimeout, During::kReceive);
  }
  if (!received) {
    // The end of the run, which is nobody's failure.
    if (given_up_) return received;
    std::string explanation = client.explanation();
    const bool spoke_otherwise = client.fault() == EchoFault::kProtocol ||
                                 client.fault() == EchoFault::kCorrupt ||
                                 client.fault() == EchoFault::kClosed;
    if (spoke_otherwise && echoed_here_ == 0) {
      const std::string words = client.first_words();
      if (!words.empty()) explanation += "; " + words;
    }
    report(kind_of(client.fault(), received.error()),
           explanation.empty() ? describe(received.error()) : explanation);
    return received;
  }
  // The server ended the connection with nothing under way. HTTP allows it after a message.
  const bool allowed =
      is_over() ||
      (tester_.setup.options.target.protocol == BenchProtocol::kHttp1 && echoed_here_ > 0);
  if (allowed) return {};
  report("closed",
         fmt::format("the server ended the connection, after {} message(s)", echoed_here_));
  return failure(Errc::kReset, During::kReceive);
}

void BenchConnection::report_unconnected(const std::string& what, const Error& error) {
  tester_.window.connect_failures.fetch_add(1, std::memory_order_relaxed);
  // That one of several addresses does not answer is no failure yet.
  const bool others_left = connects_failed_ % tester_.setup.endpoints.size() != 0;
  if (!given_up_ && !others_left) report("connect", what + ": " + describe(error));
}

void BenchConnection::report(std::string_view kind, const std::string& what) {
  tester_.recorder.failed(
      kind, fmt::format("{}connection {}: {}", role_ == Role::kIdle ? "idle " : "", number_, what));
}

// The run is over: what is under way now will not come back.
void BenchConnection::count_left_over() {
  if (role_ == Role::kIdle) {
    if (echoed_here_ == 0 && begun_here_ > 0 && !under_way_.empty()) {
      report("timeout", "no echo when it was checked at the end of the run");
    }
    under_way_.clear();
    return;
  }
  for (; !under_way_.empty(); under_way_.pop()) {
    const bool meant =
        under_way_.front().due == kNever || tester_.window.contains(under_way_.front().due);
    if (meant) tester_.recorder.left_unanswered();
  }
  if (!tester_.schedule) return;
  uint64_t late = 0;
  for (; begun_ < due_end_; ++begun_) {
    if (tester_.window.contains(tester_.schedule->due(number_, begun_))) ++late;
  }
  tester_.recorder.never_sent(late);
}

}  // namespace echod
