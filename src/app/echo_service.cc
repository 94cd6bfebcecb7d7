#include "app/echo_service.h"

#include "app/connection_log.h"
#include "stream/socket_stream.h"

namespace echod {

Task<> EchoService::serve(EventLoop& loop, Accepted accepted) {
  ConnectionLog log(log_, accepted.ticket.peer());
  Session session{.clock = loop, .buffers = loop.buffers()};
  session.receives_to_report = settings_.log_receives;
  session.observer = &log;
  Time start = loop.now();
  log.established();
  SocketStream stream(loop, std::move(accepted.socket), session, settings_.timeouts);
  Result<void> outcome = stream.open();
  if (outcome) {
    const Handler& handler = *settings_.handlers[accepted.listener];
    outcome = co_await handler.serve(stream, session).observed();
  }
  if (!outcome) stream.reset_when_closed();
  log.closed(session, outcome, loop.now() - start, settings_.timeouts);
}

void EchoService::accept_paused(const Error& error) {
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
