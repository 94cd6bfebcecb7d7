// A simulated client that does what it is told, step by step: by a fuzzer, or by a test that wants
// one certain course of events.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/sim/sim_client.h"
#include "base/clock.h"

namespace echod::sim {

struct ScriptStep {
  enum class Kind : uint8_t {
    kSend,       // `bytes`, in one send
    kWait,       // `pause`, before the next step
    kHalfClose,  // nothing is sent after it; later steps but kWait and kReset do nothing
    kReset,      // the last step
  };
  Kind kind = Kind::kSend;
  std::string bytes = {};
  Duration pause = Duration::zero();
};

// What it receives it takes in beside its steps. After them it half-closes, unless it did, and
// waits for the server's end.
struct ClientScript {
  bool raw_port = false;                   // connects where nothing is detected
  bool reads = true;                       // false: never; it resets after its steps
  Duration read_pause = Duration::zero();  // after each receive
  std::vector<ScriptStep> steps = {};
};

// `script` must outlive the client.
std::unique_ptr<SimClient> make_script_client(const ClientSurroundings& around, Random& random,
                                              const ClientScript& script);

}  // namespace echod::sim
