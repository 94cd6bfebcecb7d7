// Counts what connections and requests do in the cells of the worker that serves them, and passes
// each event on to the logs: the one observer that connections and exchanges tell.
#pragma once

#include "base/error.h"
#include "http/observer.h"
#include "stream/session.h"

namespace echod {

// One object serves all connections, on several threads at once: the state is the worker's.
class MetricsRecorder final : public SessionObserver, public http::Observer {
 public:
  // Passes sessions on to `log`, and requests to `access_log`, which may be null. Both must outlive
  // it.
  MetricsRecorder(SessionObserver& log, http::Observer* access_log)
      : log_(log), access_log_(access_log) {}

  // A connection's first and last event. `listener`: its number.
  void established(const Session& session, size_t listener) const;
  void closed(const Session& session, size_t listener, const Result<void>& outcome,
              Duration age) const;

  void received(const Session& session, size_t bytes) override { log_.received(session, bytes); }
  void refused(const Session& session, int code, std::string_view why) override;
  void answered(const Session& session, const http::ExchangeFacts& facts) override;

 private:
  SessionObserver& log_;
  http::Observer* access_log_;
};

}  // namespace echod
