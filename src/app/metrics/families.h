// All families of metrics. To add one, add it to its group in families.cc, and to docs/metrics.md,
// which a test compares with a scrape.
#pragma once

#include "app/metrics/exposition.h"
#include "app/metrics/snapshot.h"

namespace echod {

void write_server_families(Exposition& out, const MetricsSnapshot& snapshot);
void write_connection_families(Exposition& out, const MetricsSnapshot& snapshot);
void write_traffic_families(Exposition& out, const MetricsSnapshot& snapshot);
void write_resource_families(Exposition& out, const MetricsSnapshot& snapshot);
void write_process_families(Exposition& out, const MetricsSnapshot& snapshot);

}  // namespace echod
