// Serves accepted connections: combines each one's streams, session and handler
// (serve_connection.cc). The only place that handles the outcome of a connection.
#pragma once

#include <atomic>
#include <vector>

#include "app/cli/serve_options.h"
#include "app/log/connection_log.h"
#include "app/log/log.h"
#include "app/metrics/metrics_recorder.h"
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
    size_t memory_max = SIZE_MAX;  // the memory budget of all connections, in bytes
    bool count_requests = false;   // for the metrics: each takes two looks at the clock
  };
  // `log` must outlive the service.
  EchoService(Settings settings, Log& log)
      : settings_(std::move(settings)),
        memory_(settings_.memory_max),
        log_(log),
        connection_log_(log),
        recorder_(connection_log_, settings_.http.observer),
        http1_(shared_with_all(settings_.http)) {}

  Task<> serve(Worker& worker, Accepted accepted) override;
  void accept_paused(const Error& error) override;
  void source_refused(const Endpoint& peer) override;

  // From any thread: what is counted for all workers together.
  const MemoryBudget& memory() const { return memory_; }
  uint64_t accept_pauses() const { return accept_pauses_.load(std::memory_order_relaxed); }
  uint64_t source_refusals() const { return source_refusals_.load(std::memory_order_relaxed); }

 private:
  Http1Settings shared_with_all(Http1Settings settings) {
    settings.memory = &memory_;
    if (settings_.count_requests) settings.observer = &recorder_;
    return settings;
  }
  // begin() is a connection's first step, before any byte: logs and counts it, and registers its
  // socket with its loop. end() is its last step: logs the closing line. `listener`: its number.
  Result<void> begin(Session& session, size_t listener, const SocketTransport& transport);
  void end(const Session& session, size_t listener, const SocketTransport& transport,
           const Result<void>& outcome);

  const Handler& handler_for(Protocol protocol) const;

  Settings settings_;
  MemoryBudget memory_;
  Log& log_;
  ConnectionLog connection_log_;
  MetricsRecorder recorder_;
  RawHandler raw_;
  Http1Handler http1_;
  std::atomic<uint64_t> accept_pauses_{0};
  std::atomic<uint64_t> source_refusals_{0};
  std::atomic<Time> next_pause_report_{Time::min()};  // at most one line per second for all loops
};

}  // namespace echod
