#include "app/health/health_check.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <vector>

#include "app/cli/units.h"
#include "engine/epoll/epoll_loop.h"
#include "net/resolver.h"
#include "net/unix_socket.h"
#include "protocol/client_driver.h"
#include "protocol/echo_client.h"
#include "stream/connect.h"

namespace echod {
namespace {

using Failure = std::unexpected<std::string>;

constexpr uint64_t kMessageSize = 16;  // bytes of a raw echo

class HealthCheck final : private EchoTraffic {
 public:
  HealthCheck(const HealthTarget& target, EventLoop& loop, std::vector<Endpoint> endpoints)
      : target_(target), loop_(loop), endpoints_(std::move(endpoints)), begin_(loop.now()) {
    load_.method = "GET";
    load_.echo = false;
    host_ = target.host.contains(':') ? "[" + target.host + "]" : target.host;
    if (target.unix_path.empty()) host_ += fmt::format(":{}", target.port);
  }

  std::expected<Duration, std::string> run(Deadline deadline) {
    Task<> task = ask();
    task.start();
    while (!task.done()) {
      if (loop_.now() >= deadline) give_up();
      loop_.run_once_by(gave_up_ ? kNever : deadline);
    }
    const Result<void> outcome = task.result();
    if (answered_) return *answered_;
    if (gave_up_) return Failure("no answer in time (--timeout)");
    if (!refusal_.empty()) return Failure(refusal_);
    return Failure(outcome ? "it closed the connection without an answer"
                           : describe(outcome.error()));
  }

 private:
  std::optional<uint64_t> next_message() override {
    if (std::exchange(sent_, true)) return std::nullopt;
    return kMessageSize;
  }
  void sending() override {}
  void echoed(size_t) override {
    answered_ = loop_.now() - begin_;
    end();
  }
  void refused(std::string_view what) override {
    refusal_ = what;
    end();
  }
  void wants_to_send() override { wake(); }
  bool is_finished() const override { return answered_.has_value() || !refusal_.empty(); }

  void wake() {
    if (driver_ != nullptr) driver_->wake();
  }

  // Nothing more is wanted of the connection.
  void end() {
    if (stream_ != nullptr) stream_->abort({Errc::kAborted});
  }

  void give_up() {
    gave_up_ = true;
    end();
  }

  Task<> ask() {
    if (!target_.unix_path.empty()) {
      Fd socket = co_await connect_to_unix(target_.unix_path);
      ClientStream stream(loop_);
      co_await stream.adopt(std::move(socket));
      co_await drive(stream);
      co_return;
    }
    Result<void> outcome;
    for (const Endpoint& endpoint : endpoints_) {
      ClientStream stream(loop_);
      stream_ = &stream;
      outcome = co_await stream.connect(endpoint, {}).observed();
      if (outcome) {
        co_await drive(stream);
        co_return;
      }
      stream_ = nullptr;
      if (gave_up_) break;
    }
    co_await std::move(outcome);
  }

  Task<> drive(ClientStream& stream) {
    stream_ = &stream;
    const EchoClientOptions options{.host = host_,
                                    .path = target_.path,
                                    .fields = "Connection: close\r\nUser-Agent: echod-health\r\n",
                                    .load = &load_};
    EchoTraffic& traffic = *this;
    const std::unique_ptr<EchoClient> client =
        target_.protocol == Protocol::kRaw
            ? make_tcp_client(stream, stream.buffers(), traffic, options)
            : make_http1_client(stream, stream.buffers(), traffic, options);
    ClientDriver driver(stream, *client, traffic);
    driver_ = &driver;
    Result<void> outcome = co_await driver.run().observed();
    driver_ = nullptr;
    stream_ = nullptr;
    const bool explained = !outcome && refusal_.empty() && !client->explanation().empty();
    if (explained && !answered_) refusal_ = client->explanation();
    co_await std::move(outcome);
  }

  const HealthTarget& target_;
  EventLoop& loop_;
  const std::vector<Endpoint> endpoints_;
  const Time begin_;
  HttpLoad load_;
  std::string host_;
  ClientStream* stream_ = nullptr;
  ClientDriver* driver_ = nullptr;
  bool sent_ = false;
  bool gave_up_ = false;
  std::optional<Duration> answered_;
  std::string refusal_;
};

}  // namespace

std::expected<Duration, std::string> check_health(const HealthTarget& target, Duration timeout) {
  std::vector<Endpoint> endpoints;
  if (target.unix_path.empty()) {
    Result<std::vector<Endpoint>> resolved = resolve(target.host, target.port);
    if (!resolved) {
      return Failure(
          fmt::format("cannot resolve '{}' ({})", target.host, text_of(resolved.error().detail)));
    }
    endpoints = std::move(*resolved);
  }
  Result<std::unique_ptr<EventLoop>> loop = EpollLoop::create(BufferPool::Options{});
  if (!loop) return Failure(describe(loop.error()));
  const Deadline deadline =
      timeout == Duration::zero() ? kNever : deadline_after((*loop)->now(), timeout);
  return HealthCheck(target, **loop, std::move(endpoints)).run(deadline);
}

}  // namespace echod
