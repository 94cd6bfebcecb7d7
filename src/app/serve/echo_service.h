// Serves accepted connections: combines each one's streams, session and handler
// (serve_connection.cc). The only place that handles the outcome of a connection.
#pragma once

#include <atomic>
#include <vector>

#include "app/cli/serve_options.h"
#include "app/log/connection_log.h"
#include "app/log/log.h"
#include "app/serve/connection_registry.h"
#include "engine/engine.h"
#include "protocol/http1/handler.h"
#include "protocol/protocol.h"
#include "protocol/raw/handler.h"
#include "stream/socket_stream.h"
#include "stream/socket_transport.h"

namespace echod {

class EchoService final : public ConnectionHandler, public AcceptObserver {
 public:
  struct Settings {
    std::vector<Protocol> protocols;  // each listener's
    Duration detect_timeout = Duration::zero();
    Http1Settings http;
    StreamTimeouts timeouts;
    uint32_t log_receives = 0;
    size_t memory_max = SIZE_MAX;    // the memory budget of all connections, in bytes
    bool health_endpoints = false;   // see echo_router_with_probes()
    bool lists_connections = false;  // open_connections() has them
  };
  // `log` must outlive the service.
  EchoService(Settings settings, Log& log)
      : settings_(std::move(settings)),
        memory_(settings_.memory_max),
        http1_(shared_with_all(settings_.http),
               settings_.health_endpoints ? http::echo_router_with_probes() : http::echo_router()),
        log_(log),
        connection_log_(log) {}

  Task<> serve(Worker& worker, Accepted accepted) override;
  void accept_paused(const Error& error) override;
  void source_refused(const Endpoint& peer) override;

  // Those that are being served now, if the settings say so. Thread-safe.
  ConnectionRegistry& open_connections() { return open_connections_; }

 private:
  Http1Settings shared_with_all(Http1Settings settings) {
    settings.memory = &memory_;
    return settings;
  }
  // begin() is a connection's first step, before any byte: logs it and registers its socket with
  // its loop. end() is its last step: logs the closing line.
  Result<void> begin(Session& session, const SocketTransport& transport);
  void end(const Session& session, const SocketTransport& transport, const Result<void>& outcome);

  const Handler& handler_for(Protocol protocol) const;

  Settings settings_;
  ConnectionRegistry open_connections_;
  MemoryBudget memory_;
  RawHandler raw_;
  Http1Handler http1_;
  Log& log_;
  ConnectionLog connection_log_;
  std::atomic<Time> next_pause_report_{Time::min()};  // at most one line per second for all loops
};

}  // namespace echod
