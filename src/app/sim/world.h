// One simulated run: the server as it is shipped (event loop, accepting, detection, handlers) and
// its clients, in one thread, over a modelled kernel, network and clock. The seed decides all of
// it: the engines, the clients and what they do, the faults, and the order of everything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/log/log.h"
#include "app/sim/script_client.h"
#include "base/clock.h"
#include "engine/engine.h"

namespace echod::sim {

struct WorldOptions {
  uint64_t seed = 0;
  std::optional<EngineKind> engine = {};  // epoll or uring; else the seed's choice
  bool faults = true;
  const std::vector<ClientScript>* clients = nullptr;  // none: the seed's choice
};

struct WorldOutcome {
  std::string failure;  // one line; empty: all was as it should be
  Duration simulated = Duration::zero();
  uint64_t steps = 0;
  uint64_t connections = 0;
  uint64_t trace = 0;  // the same for every run of the same seed
};

// `log` is given to the server; one that is off will do, for any number of runs. A failed check
// ends the process, as everywhere.
WorldOutcome run_world(const WorldOptions& options, Log& log);

}  // namespace echod::sim
