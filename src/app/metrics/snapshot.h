// Everything that the metrics show, at one moment: plain values, which are read from a running
// server (Server::fill()) and from the process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/loop/event_loop.h"
#include "engine/worker_cells.h"
#include "net/process_facts.h"
#include "net/tcp_info.h"

namespace echod {

struct MetricsSnapshot {
  struct Listener {
    std::string name;  // its address: "127.0.0.1:7"
    ListenQueue queue = {};
  };

  WorkerTotals totals;
  std::vector<Listener> listeners;  // by number

  std::string version;
  std::string commit;
  std::string engine;         // "uring"
  std::string engine_reason;  // "io_uring passed its self-test"
  uint64_t workers = 0;       // the most that it uses
  Phase phase = Phase::kServing;

  uint64_t connections_max = 0;
  uint64_t source_refusals = 0;
  uint64_t accept_pauses = 0;

  uint64_t memory_used = 0;  // of the budget, in bytes
  uint64_t memory_max = 0;
  uint64_t memory_refusals = 0;

  uint64_t log_drops = 0;
  std::optional<uint64_t> access_log_drops;  // none: there is no access log

  ProcessFacts process;
  double start_time_seconds = 0;  // since 1970
  ListenLosses listen_losses;
};

}  // namespace echod
