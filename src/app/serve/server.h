// A running echo server: listening sockets, an engine, and the service between them.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/serve_options.h"
#include "app/log/log.h"
#include "app/serve/echo_service.h"
#include "app/serve/readiness.h"
#include "engine/engine.h"
#include "net/endpoint.h"

namespace echod {

class Server {
 public:
  // Listens and serves, on its own threads. `log` and `http_observer` (which may be null) must
  // outlive the server. The error is a line for people that says what to do.
  static std::expected<std::unique_ptr<Server>, std::string> start(
      const ServeOptions& options, Log& log, http::Observer* http_observer = nullptr);

  // Aborts the remaining connections and waits for them.
  ~Server() = default;

  // The listen addresses, with the ports that the system picked.
  struct Listening {
    Protocol protocol;
    Endpoint endpoint;
  };
  const std::vector<Listening>& listening() const { return listening_; }

  // "uring (io_uring passed its self-test), 2 workers".
  const std::string& engine_summary() const { return engine_summary_; }
  EngineKind engine_kind() const { return engine_kind_; }

  // Connections open now.
  size_t connections() const { return admission_.connections(); }

  // The same, for a list of them. Thread-safe; empty unless there is an admin interface.
  ConnectionRegistry& open_connections() { return service_.open_connections(); }

  // From any thread: announces that the server will stop soon. It serves as before, but closes
  // connections after their next response, so that clients open the next one elsewhere.
  // From here on, readiness() is false.
  void announce_stop() {
    readiness_.stop();
    engine_->request(Phase::kStopping);
  }
  const Readiness& readiness() const { return readiness_; }

  // From any thread; see Engine.
  void request(Phase phase) { engine_->request(phase); }
  bool wait(Deadline deadline) { return engine_->wait(deadline); }

 private:
  static std::expected<std::unique_ptr<Server>, std::string> start_with_memory(
      const ServeOptions& options, Log& log,
      http::Observer* http_observer);  // throws std::bad_alloc if out of memory

  Server(EchoService::Settings settings, const Admission::Limits& limits, Log& log)
      : service_(std::move(settings), log), admission_(limits) {}

  EchoService service_;
  Admission admission_;
  Readiness readiness_;
  std::vector<Listening> listening_;
  std::string engine_summary_;
  EngineKind engine_kind_ = EngineKind::kEpoll;
  std::unique_ptr<Engine> engine_;  // created last, destroyed first
};

}  // namespace echod
