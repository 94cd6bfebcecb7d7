// The clients of a simulated run. Each checks every byte it receives, and decides at the end
// whether the server treated its connection correctly.
#pragma once

#include <memory>
#include <string>

#include "base/random.h"
#include "base/task.h"
#include "engine/loop/event_loop.h"
#include "net/endpoint.h"
#include "sim/sim_kernel.h"
#include "stream/connect.h"

namespace echod::sim {

// The state of the whole run, which excuses some endings of a connection.
struct RunState {
  bool aborted = false;        // the server was told to end every connection
  bool draining = false;       // the server accepts no more clients, and closes idle ones
  bool clock_jumped = false;   // any timeout may have closed any connection
  bool out_of_memory = false;  // an allocation failed, and may have closed any connection
};

// What it refers to must outlive the client.
struct ClientContext {
  SimKernel& kernel;
  EventLoop& loop;
  Endpoint server;
  const RunState& run_state;
};

class SimClient {
 public:
  virtual ~SimClient() = default;

  // Connects, talks, and ends. Failures are in failure().
  Task<> run();

  // The first failure; empty: none.
  const std::string& failure() const { return failure_; }

  // One line on what it does and how far it got, for the report of a failure.
  std::string describe() const { return describe_talk() + "; " + stage_; }

 protected:
  SimClient(const ClientContext& context, Random& random)
      : context_(context), random_(random.next()) {}

  // Everything between connecting and closing, with the check of how the connection ended.
  virtual Task<> talk(ClientStream& stream) = 0;
  virtual std::string describe_talk() const = 0;

  // Records a failure; only the first counts.
  void fail(std::string what) {
    if (failure_.empty()) failure_ = std::move(what);
  }

  // Whether a fault hit the connection, so that any ending of it is right.
  bool excused() const;
  bool draining() const { return context_.run_state.draining; }

  EventLoop& loop() { return context_.loop; }
  Random& random() { return random_; }

 private:
  ClientContext context_;
  Random random_;
  int socket_ = -1;  // its descriptor, once there is one
  const char* stage_ = "not connected";
  std::string failure_;
};

// Raw bytes in pieces of all sizes, at its own pace. It closes in order, half-closes early, resets
// half-way, or never reads.
std::unique_ptr<SimClient> make_raw_client(const ClientContext& context, Random& random);

// The load tester's clients: whole messages, several in flight.
std::unique_ptr<SimClient> make_tcp_message_client(const ClientContext& context, Random& random);
std::unique_ptr<SimClient> make_http1_message_client(const ClientContext& context, Random& random);
std::unique_ptr<SimClient> make_websocket_message_client(const ClientContext& context,
                                                         Random& random);

// Requests for generated responses of known content, some of them delayed or slow.
std::unique_ptr<SimClient> make_endpoint_client(const ClientContext& context, Random& random);

}  // namespace echod::sim
