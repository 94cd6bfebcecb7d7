// Serves accepted connections: puts each one's stream, session and handler together, and is the one
// place where the outcome of a connection is looked at.
#pragma once

#include <memory>
#include <vector>

#include "app/log.h"
#include "app/options.h"
#include "engine/engine.h"
#include "protocol/handler.h"
#include "stream/socket_stream.h"

namespace echod {

class EchoService final : public ConnectionHandler, public AcceptObserver {
 public:
  // `handlers` has one entry for each listener; `log` must outlive the service.
  struct Settings {
    std::vector<std::unique_ptr<Handler>> handlers;
    StreamTimeouts timeouts;
    uint32_t log_receives = 0;
  };
  EchoService(Settings settings, Log& log) : settings_(std::move(settings)), log_(log) {}

  Task<> serve(EventLoop& loop, Accepted accepted) override;
  void accept_paused(const Error& error) override;
  void source_refused(const Endpoint& peer) override;

 private:
  Settings settings_;
  Log& log_;
};

}  // namespace echod
