#include "app/bench/load/connection.h"

#include <fmt/format.h>

#include <algorithm>

namespace echod {
namespace {

// Back-off between two attempts to connect; doubled after each failure.
constexpr Duration kBackOffMin = std::chrono::milliseconds(10);
constexpr Duration kBackOffMax = std::chrono::seconds(1);

constexpr uint64_t kIdleCheckSize = 64;  // bytes of the message an idle connection echoes

// The key of BenchResult::errors.
std::string_view kind_of(const Error& error) {
  if (error.detail == Detail::kCorruptData) return "corrupt";
  if (error.detail == Detail::kClosedEarly) return "closed";
  return name_of(error.code);
}

}  // namespace

Task<> BenchConnection::run() {
  Duration delay = kBackOffMin;
  while (true) {
    echoed_here_ = 0;
    completed_ = false;
    // With a connection for each message, it is opened when the message is due.
    while (tester_.setup.options.connect_each && !may_begin() && !is_over()) {
      co_await may_send_.wait();
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
      delay = kBackOffMin;
      continue;
    }
    if (connects_failed_ % tester_.setup.endpoints.size() != 0) continue;  // another address
    Result<void> waited = co_await back_off(delay).observed();
    if (!waited) break;
    delay = echoed_here_ > 0 ? kBackOffMin : std::min(delay * 2, kBackOffMax);
  }
  note_first_attempt();
  count_left_over();
}

Task<> BenchConnection::open_and_drive() {
  ++attempts_;
  connect_start_ = tester_.clock.now();
  choose_first_endpoint();
  ClientStream stream(tester_.loop);
  stream_ = &stream;
  Result<void> outcome = co_await connect(stream).observed();
  if (outcome) outcome = co_await drive(stream).observed();
  stream_ = nullptr;
  co_await std::move(outcome);
}

ClientOptions BenchConnection::socket_options() const {
  ClientOptions options;
  options.blocking = tester_.setup.engine != EngineKind::kEpoll;
  const std::vector<Endpoint>& sources = tester_.setup.sources;
  if (!sources.empty()) options.source = sources[(number_ + attempts_) % sources.size()];
  return options;
}

// A name often has an IPv6 and an IPv4 address, and the server listens on one of them. All are
// tried in turn, beginning with the last one to which any connection was established.
const Endpoint& BenchConnection::endpoint() const {
  const std::vector<Endpoint>& endpoints = tester_.setup.endpoints;
  return endpoints[(first_endpoint_ + connects_failed_) % endpoints.size()];
}

void BenchConnection::choose_first_endpoint() {
  if (connects_failed_ % tester_.setup.endpoints.size() != 0)
    return;  // not all have been tried yet
  const size_t reached = tester_.window.reached_endpoint.load(std::memory_order_relaxed);
  first_endpoint_ = reached == RunWindow::kNotReached ? 0 : reached;
  connects_failed_ = 0;
}

Task<> BenchConnection::connect(ClientStream& stream) {
  RunWindow& window = tester_.window;
  const Endpoint& peer = endpoint();
  const ConnectOptions options{.socket = socket_options(),
                               .deadline = connect_start_ + tester_.setup.options.timeout};
  ++tester_.connecting;
  Result<void> connected = co_await stream.connect(peer, options).observed();
  --tester_.connecting;
  if (!connected) {
    if (connected.error().detail != Detail::kNoSocket) ++connects_failed_;
    report_unconnected(peer, connected.error());
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

std::unique_ptr<EchoClient> BenchConnection::make_client(ClientStream& stream) {
  const BenchOptions& options = tester_.setup.options;
  const uint64_t role = role_ == Role::kIdle ? 1 : 0;
  EchoClientOptions client{.seed = (number_ * 2 + role) << 24 ^ attempts_,
                           .verify = options.verify,
                           .host = tester_.setup.host,
                           .path = options.target.path,
                           .fields = tester_.setup.fields,
                           .load = &options.http};
  BufferPool& buffers = stream.buffers();
  EchoTraffic& traffic = *this;
  switch (options.target.protocol) {
    case Protocol::kRaw:
      return make_tcp_client(stream, buffers, traffic, client);
    case Protocol::kHttp1:
      return make_http1_client(stream, buffers, traffic, client);
    case Protocol::kWebSocket:
      return make_websocket_client(stream, buffers, traffic, client);
    case Protocol::kAuto:
      break;  // is no target
  }
  ECHOD_CHECK(false);
}

Task<> BenchConnection::drive(ClientStream& stream) {
  timed_out_ = false;
  begun_here_ = 0;
  std::unique_ptr<EchoClient> client = make_client(stream);
  ClientDriver driver(stream, *client, *this);
  driver_ = &driver;
  Result<void> received =
      co_await driver.run(connect_start_ + tester_.setup.options.timeout).observed();
  driver_ = nullptr;
  if (role_ == Role::kActive) tester_.recorder.closed();
  Result<void> outcome = judge(received, *client);
  if (!outcome && !given_up_) {
    in_flight_.clear();  // lost; the failure counts for them
    unstamped_ = 0;
  }
  co_await std::move(outcome);
}

Task<> BenchConnection::back_off(Duration delay) {
  Operation operation = Operation::sleep(tester_.clock.now() + delay);
  backing_off_ = &operation;
  co_await tester_.loop.perform(operation);
  backing_off_ = nullptr;
  co_await operation.outcome();
}

void BenchConnection::wake() {
  if (driver_ != nullptr) {
    driver_->wake();
  } else {
    may_send_.wake();
  }
}

void BenchConnection::send_due() {
  const bool waiting = driver_ != nullptr ? driver_->is_waiting() : may_send_.has_waiter();
  const bool ready = waiting && in_flight_.size() < tester_.setup.pipeline && begun_ < due_end_;
  if (ready && tester_.schedule) {
    const Time due = tester_.schedule->due(number_, begun_);
    if (tester_.window.contains(due)) tester_.recorder.lagged(tester_.clock.now() - due);
  }
  wake();
}

void BenchConnection::give_up() {
  given_up_ = true;
  if (stream_ != nullptr) stream_->abort({Errc::kAborted});
  if (backing_off_ != nullptr) tester_.loop.cancel(*backing_off_, {Errc::kAborted});
  wake();
}

void BenchConnection::check_age(Time now) {
  if (stream_ == nullptr || in_flight_.empty() || timed_out_) return;
  if (now - in_flight_.front().sent <= tester_.setup.options.timeout) return;
  timed_out_ = true;
  stream_->abort({Errc::kTimeout, During::kReceive});
}

// Whether the schedule, the quota and the end of the run allow one more message.
bool BenchConnection::may_begin() const {
  if (is_over()) return false;
  return !tester_.schedule || begun_ < due_end_;
}

// Whether this connection will never send another message.
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
  if (in_flight_.size() >= tester_.setup.pipeline || !may_begin()) return std::nullopt;
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
  in_flight_.push(message);
  return size;
}

std::optional<uint64_t> BenchConnection::next_of_idle() {
  if (!tester_.checking_idle || begun_here_ > 0) return std::nullopt;
  ++begun_here_;
  ++unstamped_;
  in_flight_.push({.size = kIdleCheckSize, .due = kNever, .sent = kNever});
  return kIdleCheckSize;
}

void BenchConnection::sending() {
  const Time now = tester_.clock.now();
  for (; unstamped_ > 0; --unstamped_) {
    Message& message = in_flight_.at(in_flight_.size() - unstamped_);
    message.sent = now;
    if (message.due == kNever) message.due = now;
  }
}

void BenchConnection::echoed(size_t count) {
  echoed_here_ += count;
  if (role_ == Role::kIdle) {
    in_flight_.pop();
  } else {
    const Time now = tester_.clock.now();
    tester_.recorder.pass(now);
    for (; count > 0; --count) {
      const Message& message = in_flight_.front();
      tester_.recorder.echoed(message.due, message.sent, now, message.size);
      in_flight_.pop();
    }
  }
  go_on();
}

void BenchConnection::refused(std::string_view what) {
  ++echoed_here_;
  report("status", std::string(what));
  in_flight_.pop();
  go_on();
}

// A message is complete: goes on to the next, or closes the connection.
void BenchConnection::go_on() {
  if (role_ == Role::kActive && tester_.setup.options.connect_each) {
    completed_ = true;
    stream_->abort({Errc::kAborted});  // receiving is over
  } else {
    wake();
  }
}

void BenchConnection::note_first_attempt() {
  if (std::exchange(first_attempt_over_, true)) return;
  tester_.window.opened.fetch_add(1, std::memory_order_relaxed);
}

// The outcome of the connection; a failure is reported.
Result<void> BenchConnection::judge(const Result<void>& received, const EchoClient& client) {
  if (completed_) return {};
  if (timed_out_) {
    report("timeout", fmt::format("no echo within {:g} s, {} message(s) in flight",
                                  static_cast<double>(tester_.setup.options.timeout.count()) / 1e9,
                                  in_flight_.size()));
    return failure(Errc::kTimeout, During::kReceive);
  }
  if (!received) {
    // Aborted at the end of the run, which is no failure.
    if (given_up_) return received;
    std::string explanation = client.explanation();
    const bool spoke_otherwise = received.error().layer == Layer::kProtocol;
    if (spoke_otherwise && echoed_here_ == 0) {
      const std::string words = client.first_words();
      if (!words.empty()) explanation += "; " + words;
    }
    report(kind_of(received.error()),
           explanation.empty() ? describe(received.error()) : explanation);
    return received;
  }
  // The server closed the connection with nothing in flight. HTTP allows that after a message.
  const bool allowed =
      is_over() || (tester_.setup.options.target.protocol == Protocol::kHttp1 && echoed_here_ > 0);
  if (allowed) return {};
  report("closed",
         fmt::format("the server closed the connection after {} message(s)", echoed_here_));
  return failure(Errc::kReset, During::kReceive);
}

void BenchConnection::report_unconnected(const Endpoint& peer, const Error& error) {
  tester_.window.connect_failures.fetch_add(1, std::memory_order_relaxed);
  // It is no failure yet that one of several addresses cannot be reached.
  const bool others_left = connects_failed_ % tester_.setup.endpoints.size() != 0;
  if (given_up_ || others_left) return;
  const bool unreachable = error.detail != Detail::kNoSocket;
  const std::string what =
      unreachable ? fmt::format("cannot connect to {}: ", peer.to_string()) : "";
  report("connect", what + describe(error), unreachable);
}

void BenchConnection::report(std::string_view kind, std::string what, bool unreachable) {
  const char* role = role_ == Role::kIdle ? "idle " : "";
  tester_.recorder.failed(kind, {.where = fmt::format("{}connection {}", role, number_),
                                 .what = std::move(what),
                                 .unreachable = unreachable});
}

// The run is over: messages in flight count as unanswered.
void BenchConnection::count_left_over() {
  if (role_ == Role::kIdle) {
    if (echoed_here_ == 0 && begun_here_ > 0 && !in_flight_.empty()) {
      report("timeout", "no echo in the check at the end of the run");
    }
    in_flight_.clear();
    return;
  }
  for (; !in_flight_.empty(); in_flight_.pop()) {
    const bool meant =
        in_flight_.front().due == kNever || tester_.window.contains(in_flight_.front().due);
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
