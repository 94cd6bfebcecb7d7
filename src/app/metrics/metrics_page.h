// The metrics of a server as text, in the format that a scraper asked for. docs/metrics.md explains
// each of them.
#pragma once

#include <string>

#include "app/log/access_log.h"
#include "app/log/log.h"
#include "app/metrics/exposition.h"
#include "app/metrics/snapshot.h"
#include "app/serve/server.h"
#include "wire/http/field_list.h"

namespace echod {

// The format that the Accept fields among a request's `fields` prefer; without one, or if both are
// equal, the older one, which every reader knows.
MetricsFormat negotiate_metrics_format(wire::FieldList fields);

std::string render_metrics(const MetricsSnapshot& snapshot, MetricsFormat format);

// Thread-safe.
class MetricsPage {
 public:
  // Everything given must outlive it; `access_log` may be null.
  MetricsPage(const Server& server, const Log& log, const AccessLog* access_log)
      : server_(server), log_(log), access_log_(access_log) {}

  // Reads all counters, and asks the kernel about the process. Throws std::bad_alloc if
  // out of memory.
  std::string render(MetricsFormat format) const;

 private:
  const Server& server_;
  const Log& log_;
  const AccessLog* access_log_;
  const double start_time_seconds_ = process_start_time();
};

}  // namespace echod
