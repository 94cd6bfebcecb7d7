#include "app/serve/echo_service.h"

#include "protocol/detect.h"
#include "stream/prefixed_stream.h"
#include "stream/socket_stream.h"

namespace echod {
namespace {

constexpr Duration kReportInterval = std::chrono::seconds(1);

}  // namespace

Task<> EchoService::serve(EventLoop& loop, Accepted accepted) {
  Session session{.clock = loop, .buffers = loop.buffers()};
  session.receives_to_report = settings_.log_receives;
  session.observer = &connection_log_;
  SocketStream socket(loop, std::move(accepted.socket), session, settings_.timeouts);
  const SocketTransport transport(socket, accepted.ticket.peer(),
                                  connections_.fetch_add(1, std::memory_order_relaxed) + 1);
  session.transport = &transport;
  connection_log_.established(session);
  PrefixedStream stream(socket);
  Result<wire::Protocol> protocol = settings_.protocols[accepted.listener];
  Result<void> outcome = socket.open();
  if (outcome && protocol == wire::Protocol::kUndecided) {
    protocol = co_await detect(stream, session, settings_.detect_timeout).observed();
    if (!protocol) outcome = std::unexpected(protocol.error());
  }
  if (outcome) outcome = co_await handler_for(*protocol).serve(stream, session).observed();
  if (!outcome) socket.reset_when_closed();
  connection_log_.closed(session, outcome, loop.now() - session.established, settings_.timeouts);
}

const Handler& EchoService::handler_for(wire::Protocol protocol) const {
  if (protocol == wire::Protocol::kHttp1) return http1_;
  return raw_;
}

void EchoService::accept_paused(const Error& error) {
  Time now = MonotonicClock().now();
  Time next = next_pause_report_.load();
  if (now < next || !next_pause_report_.compare_exchange_strong(next, now + kReportInterval))
    return;
  std::string text = "Accepting pauses: " + describe(error) +
                     "; clients wait, raise the limit (ulimit -n) or lower --max-connections";
  log_.write({.level = LogLevel::kWarning,
              .event = "accept_paused",
              .peer = {},
              .text = text,
              .fields = {{"reason", name_of(error.code)}}});
}

void EchoService::source_refused(const Endpoint& peer) {
  log_.write({.level = LogLevel::kWarning,
              .event = "connection_refused",
              .peer = peer.to_string(),
              .text = "Connection refused: its source has as many as --max-connections-per-source",
              .fields = {}});
}

}  // namespace echod
