#include "app/metrics/metrics_recorder.h"

#include "app/metrics/categories.h"

namespace echod {

void MetricsRecorder::established(const Session& session, size_t listener) const {
  session.worker->cells().accepted[WorkerCells::listener_place(listener)].add(1);
}

void MetricsRecorder::closed(const Session& session, size_t listener, const Result<void>& outcome,
                             Duration age) const {
  WorkerCells& cells = session.worker->cells();
  const auto protocol = static_cast<size_t>(session.protocol.value());
  cells.ended[WorkerCells::listener_place(listener)].add(1);
  cells.closed[protocol][outcome_place(outcome)].add(1);
  cells.connection_durations[protocol].record(age);
}

void MetricsRecorder::refused(const Session& session, int code, std::string_view why) {
  session.worker->cells().refusals[refusal_place(code)].add(1);
  log_.refused(session, code, why);
}

void MetricsRecorder::answered(const Session& session, const http::ExchangeFacts& facts) {
  WorkerCells& cells = session.worker->cells();
  cells.requests[status_place(facts.status)].add(1);
  cells.request_durations.record(facts.duration);
  if (access_log_ != nullptr) access_log_->answered(session, facts);
}

}  // namespace echod
