// A simulated client that runs a script, step by step: from a fuzzer, or from a test that needs a
// certain sequence of events.
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

// It receives while it runs its steps. After them it half-closes, unless a step did, and waits for
// the server to close.
struct ClientScript {
  bool raw_port = false;                   // connects to the port without detection
  bool reads = true;                       // false: never; it resets after its steps
  Duration read_pause = Duration::zero();  // after each receive
  std::vector<ScriptStep> steps = {};
};

// `script` must outlive the client.
std::unique_ptr<SimClient> make_script_client(const ClientContext& context, Random& random,
                                              const ClientScript& script);

}  // namespace echod::sim
