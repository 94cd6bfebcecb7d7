// Composes a connection. Each layer owns the one below it:
//
//   socket -> [proxy header] -> [fault] -> [tls] -> detect -> handler
//
// The layers in brackets do not exist yet. A layer that reads the first bytes from the client (a
// proxy header) comes before layers that change bytes or timing. Those come before layers that need
// the plain bytes: detection sees decrypted TLS data.
#include "app/serve/echo_service.h"
#include "protocol/detect.h"

namespace echod {
namespace {

Result<void> closed_by_admin() {
  return std::unexpected(with_detail({Errc::kAborted}, Layer::kTransport, Detail::kClosedByAdmin));
}

}  // namespace

Task<> EchoService::serve(Worker& worker, Accepted accepted) {
  const std::shared_ptr<const Serving> serving = current();
  const Settings& settings = serving->settings;
  Session session{.clock = worker.loop(), .buffers = worker.buffers(), .worker = &worker};
  std::unique_ptr<Stream> stream = std::make_unique<SocketStream>(
      worker.loop(), std::move(accepted.socket), session, settings.timeouts);
  const SocketTransport transport(static_cast<SocketStream&>(*stream), accepted.ticket.peer(),
                                  worker.begin_connection());
  std::unique_ptr<ConnectionRegistry::Entry> entry;  // most servers have none: not in the frame
  if (settings.lists_connections) {
    entry = std::make_unique<ConnectionRegistry::Entry>(&open_connections_, session, transport,
                                                        accepted.listener);
  }
  Result<void> outcome = begin(session, accepted.listener, transport, settings);

  if (outcome) session.protocol = settings.protocols[accepted.listener];
  if (outcome && session.protocol == Protocol::kAuto) {
    outcome = co_await detect(stream, session, settings.detect_timeout).observed();
  }
  if (outcome)
    outcome = co_await serving->handler_for(session.protocol).serve(*stream, session).observed();
  if (entry && entry->was_closed()) outcome = closed_by_admin();
  end(session, accepted.listener, transport, outcome, settings);
}

}  // namespace echod
