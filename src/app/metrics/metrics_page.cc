#include "app/metrics/metrics_page.h"

#include "app/metrics/families.h"
#include "wire/http/accept.h"

namespace echod {

MetricsFormat negotiate_metrics_format(wire::FieldList fields) {
  const int open = wire::media_type_weight(fields, "application", "openmetrics-text");
  const int plain = wire::media_type_weight(fields, "text", "plain");
  return open > plain ? MetricsFormat::kOpenMetrics : MetricsFormat::kPrometheus;
}

std::string render_metrics(const MetricsSnapshot& snapshot, MetricsFormat format) {
  Exposition out(format);
  write_server_families(out, snapshot);
  write_connection_families(out, snapshot);
  write_traffic_families(out, snapshot);
  write_resource_families(out, snapshot);
  write_process_families(out, snapshot);
  return out.finish();
}

std::string MetricsPage::render(MetricsFormat format) const {
  MetricsSnapshot snapshot;
  server_.fill(snapshot);
  snapshot.log_drops = log_.dropped();
  if (access_log_ != nullptr) snapshot.access_log_drops = access_log_->dropped();
  snapshot.process = process_facts();
  snapshot.start_time_seconds = start_time_seconds_;
  snapshot.listen_losses = listen_losses();
  return render_metrics(snapshot, format);
}

}  // namespace echod
