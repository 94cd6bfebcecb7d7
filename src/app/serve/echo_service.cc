#include "app/serve/echo_service.h"

namespace echod {
namespace {

constexpr Duration kReportInterval = std::chrono::seconds(1);

}  // namespace

void EchoService::apply(Settings settings) {
  const size_t memory_max = settings.memory_max;
  std::shared_ptr<const Serving> next = make_serving(std::move(settings));
  {
    const std::lock_guard lock(mutex_);
    current_.swap(next);
  }
  memory_.set_size_max(memory_max);
}

Result<void> EchoService::begin(Session& session, size_t listener, const SocketTransport& transport,
                                const Settings& settings) {
  session.receives_to_report = settings.log_receives;
  session.observer = &recorder_;
  session.transport = &transport;
  recorder_.established(session, listener);
  connection_log_.established(session);
  return transport.stream().open();
}

void EchoService::end(const Session& session, size_t listener, const SocketTransport& transport,
                      const Result<void>& outcome, const Settings& settings) {
  if (!outcome) transport.stream().reset_when_closed();
  const Duration age = session.clock.now() - session.established;
  recorder_.closed(session, listener, outcome, age);
  connection_log_.closed(session, outcome, age, settings.timeouts);
}

const Handler& EchoService::Serving::handler_for(Protocol protocol) const {
  if (protocol == Protocol::kHttp1) return http1;
  return raw;
}

void EchoService::accept_paused(const Error& error) {
  accept_pauses_.fetch_add(1, std::memory_order_relaxed);
  Time now = MonotonicClock().now();
  Time next = next_pause_report_.load();
  if (now < next || !next_pause_report_.compare_exchange_strong(next, now + kReportInterval))
    return;
  std::string text =
      "Accepting paused: " + describe(error) +
      "; clients are waiting; raise the limit (ulimit -n) or lower --max-connections";
  log_.write({.level = LogLevel::kWarning,
              .event = "accept_paused",
              .peer = {},
              .text = text,
              .fields = {{"reason", name_of(error.code)}}});
}

void EchoService::source_refused(const Endpoint& peer) {
  source_refusals_.fetch_add(1, std::memory_order_relaxed);
  log_.write({.level = LogLevel::kWarning,
              .event = "connection_refused",
              .peer = peer.to_string(),
              .text = "Connection refused: per-source limit reached (--max-connections-per-source)",
              .fields = {}});
}

}  // namespace echod
