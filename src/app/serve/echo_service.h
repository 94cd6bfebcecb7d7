// Serves accepted connections: combines each one's streams, session and handler
// (serve_connection.cc). The only place that handles the outcome of a connection.
//
// The settings may change while it serves. A connection takes the current ones at its beginning, as
// an object that never changes, and keeps them to its end: nothing is locked or compared later.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "app/cli/serve_options.h"
#include "app/log/connection_log.h"
#include "app/log/log.h"
#include "app/metrics/metrics_recorder.h"
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
    bool count_requests = false;     // for the metrics: each takes two looks at the clock
    bool health_endpoints = false;   // see echo_router_with_probes()
    bool lists_connections = false;  // open_connections() has them
  };
  // `log` and `access_log`, which may be null, must outlive the service.
  EchoService(Settings settings, Log& log, http::Observer* access_log)
      : memory_(settings.memory_max),
        log_(log),
        connection_log_(log),
        recorder_(connection_log_, access_log),
        current_(make_serving(std::move(settings))) {}

  // From any thread: later connections are served with `settings`, open ones as before. The memory
  // budget is that of all connections and changes at once. Throws std::bad_alloc if out of memory,
  // and changes nothing then.
  void apply(Settings settings);

  Task<> serve(Worker& worker, Accepted accepted) override;
  void accept_paused(const Error& error) override;
  void source_refused(const Endpoint& peer) override;

  // From any thread: what is counted for all workers together.
  const MemoryBudget& memory() const { return memory_; }
  uint64_t accept_pauses() const { return accept_pauses_.load(std::memory_order_relaxed); }
  uint64_t source_refusals() const { return source_refusals_.load(std::memory_order_relaxed); }
  // Those that are being served now, if the settings say so. Thread-safe.
  ConnectionRegistry& open_connections() { return open_connections_; }

 private:
  // The settings of a connection, and the handlers that have them. Immutable.
  struct Serving {
    Serving(Settings from, std::shared_ptr<http::ControlState> control)
        : settings(std::move(from)),
          http1(settings.http,
                settings.health_endpoints ? http::echo_router_with_probes() : http::echo_router(),
                std::move(control)) {}

    const Handler& handler_for(Protocol protocol) const;

    const Settings settings;
    const RawHandler raw;
    const Http1Handler http1;
  };

  std::shared_ptr<const Serving> make_serving(Settings settings) {
    settings.http.memory = &memory_;
    if (settings.count_requests) settings.http.observer = &recorder_;
    return std::make_shared<const Serving>(std::move(settings), control_);
  }

  // What a new connection is served with.
  std::shared_ptr<const Serving> current() {
    const std::lock_guard lock(mutex_);
    return current_;
  }

  // begin() is a connection's first step, before any byte: logs and counts it, and registers its
  // socket with its loop. end() is its last step: logs the closing line. `listener`: its number.
  Result<void> begin(Session& session, size_t listener, const SocketTransport& transport,
                     const Settings& settings);
  void end(const Session& session, size_t listener, const SocketTransport& transport,
           const Result<void>& outcome, const Settings& settings);

  // What all connections share, whichever settings they have.
  ConnectionRegistry open_connections_;
  MemoryBudget memory_;
  const std::shared_ptr<http::ControlState> control_ = std::make_shared<http::ControlState>();
  Log& log_;
  ConnectionLog connection_log_;
  MetricsRecorder recorder_;

  std::mutex mutex_;  // guards the next; held for a copy only, once in a connection's life
  std::shared_ptr<const Serving> current_;

  std::atomic<uint64_t> accept_pauses_{0};
  std::atomic<uint64_t> source_refusals_{0};
  std::atomic<Time> next_pause_report_{Time::min()};  // at most one line per second for all loops
};

}  // namespace echod
