// Serves accepted connections: puts each one's stream, session and handler together, and is the one
// place where the outcome of a connection is looked at.
#pragma once

#include <atomic>
#include <vector>

#include "app/log/connection_log.h"
#include "app/log/log.h"
#include "app/options.h"
#include "engine/engine.h"
#include "protocol/http1/handler.h"
#include "protocol/raw/handler.h"
#include "stream/socket_stream.h"
#include "stream/socket_transport.h"
#include "wire/detect.h"

namespace echod {

class EchoService final : public ConnectionHandler, public AcceptObserver {
 public:
  struct Settings {
    std::vector<wire::Protocol> protocols;  // each listener's; kUndecided: to be detected
    Duration detect_timeout = Duration::zero();
    Http1Settings http;
    StreamTimeouts timeouts;
    uint32_t log_receives = 0;
    size_t memory_max = SIZE_MAX;  // of the budget that all connections share, in bytes
  };
  // `log` must outlive the service.
  EchoService(Settings settings, Log& log)
      : settings_(std::move(settings)),
        memory_(settings_.memory_max),
        http1_(shared_with_all(settings_.http)),
        log_(log),
        connection_log_(log) {}

  // From any thread: from now on responses end their connections.
  void announce_stop() { stopping_.store(true, std::memory_order_relaxed); }

  Task<> serve(EventLoop& loop, Accepted accepted) override;
  void accept_paused(const Error& error) override;
  void source_refused(const Endpoint& peer) override;

 private:
  Http1Settings shared_with_all(Http1Settings settings) {
    settings.memory = &memory_;
    settings.stopping = &stopping_;
    return settings;
  }
  const Handler& handler_for(wire::Protocol protocol) const;

  Settings settings_;
  MemoryBudget memory_;
  std::atomic<bool> stopping_{false};
  RawHandler raw_;
  Http1Handler http1_;
  Log& log_;
  ConnectionLog connection_log_;
  std::atomic<uint64_t> connections_{0};              // since the start
  std::atomic<Time> next_pause_report_{Time::min()};  // one line a second, whatever the loops
};

}  // namespace echod
