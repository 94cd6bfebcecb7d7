// A running echo server: listening sockets, an engine, and the service between them.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/serve_options.h"
#include "app/log/log.h"
#include "app/metrics/snapshot.h"
#include "app/serve/echo_service.h"
#include "app/serve/listeners.h"
#include "app/serve/readiness.h"
#include "app/serve/spin_choice.h"
#include "engine/engine.h"
#include "net/endpoint.h"

namespace echod {

class Server {
 public:
  // Listens and serves, on its own threads. `log` and `http_observer` (which may be null) must
  // outlive the server. With `inherited` sockets it listens on those instead of opening the
  // addresses of `options.listen`: a socket's protocol is the one that its name says ("http",
  // "tcp", "auto"), or that of the listen URL with its address, or else auto. The error is a line
  // for people that says what to do.
  static std::expected<std::unique_ptr<Server>, std::string> start(
      const ServeOptions& options, Log& log, http::Observer* http_observer = nullptr,
      std::vector<InheritedSocket> inherited = {});

  // Aborts the remaining connections and waits for them.
  ~Server() = default;

  using Listening = echod::Listening;
  const std::vector<Listening>& listening() const { return listening_; }

  // What the operator should know about them, one line each.
  const std::vector<std::string>& listen_warnings() const { return listen_warnings_; }

  // "uring (io_uring passed its self-test), 2 workers, busy-polling off: CPU quota of 1.5".
  const std::string& engine_summary() const { return engine_summary_; }
  EngineKind engine_kind() const { return engine_kind_; }
  unsigned workers() const { return workers_; }

  // Whether the event loops busy-poll, and why not. Never with the other engines.
  const SpinChoice& spin() const { return spin_; }

  // From any thread: fills in what the metrics show, but for the logs and the process. `snapshot`
  // is new. Throws std::bad_alloc if out of memory.
  void fill(MetricsSnapshot& snapshot) const;

  // Event loops and threads that do not get around; see WorkerSet::stuck_loops().
  size_t stuck_loops(Time now, Duration patience) { return engine_->stuck_loops(now, patience); }

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

  // From any thread, one at a time: takes over the settings of `options` that can change while the
  // server runs, which are those whose rows in the option table are `reloadable`. New connections
  // have them; open ones keep theirs. The connection limits and the memory budget change at once.
  // False: out of memory, and nothing has changed.
  bool apply(const ServeOptions& options) noexcept;

  // From any thread; see Engine.
  void request(Phase phase) { engine_->request(phase); }
  bool wait(Deadline deadline) { return engine_->wait(deadline); }

 private:
  static std::expected<std::unique_ptr<Server>, std::string> start_with_memory(
      const ServeOptions& options, Log& log, http::Observer* http_observer,
      std::vector<InheritedSocket> inherited);  // throws std::bad_alloc if out of memory

  Server(EchoService::Settings settings, const Admission::Limits& limits, Log& log,
         http::Observer* http_observer)
      : service_(std::move(settings), log, http_observer), admission_(limits) {}

  EchoService service_;
  Admission admission_;
  Readiness readiness_;
  std::vector<Listening> listening_;
  std::vector<std::string> listen_warnings_;
  http::Observer* http_observer_ = nullptr;
  uint64_t seed_ = 0;       // of response control, if the options give none
  size_t descriptors_ = 0;  // the process's limit
  std::string engine_summary_;
  std::string engine_reason_;
  EngineKind engine_kind_ = EngineKind::kEpoll;
  unsigned workers_ = 1;
  SpinChoice spin_;
  std::unique_ptr<Engine> engine_;  // created last, destroyed first
};

}  // namespace echod
