// The clients of a simulated run. Each checks every byte that comes back, and says at the end
// whether what became of its connection was right.
#pragma once

#include <memory>
#include <string>

#include "base/random.h"
#include "base/task.h"
#include "engine/loop/event_loop.h"
#include "net/endpoint.h"
#include "sim/sim_kernel.h"
#include "stream/socket_stream.h"

namespace echod::sim {

// What is known of the whole run, for judging a connection.
struct Circumstances {
  bool aborted = false;        // the server was told to end every connection
  bool draining = false;       // the server takes no more clients, and ends those that only wait
  bool clock_jumped = false;   // any timeout may have ended anything
  bool out_of_memory = false;  // the server was refused memory, and may have ended anything
};

// What is given by reference must outlive the client.
struct ClientSurroundings {
  SimKernel& kernel;
  EventLoop& loop;
  Endpoint server;
  const Circumstances& circumstances;
};

class SimClient {
 public:
  virtual ~SimClient() = default;

  // Connects, talks, and ends. What it found wrong is in failure().
  Task<> run();

  // What was wrong; empty: nothing.
  const std::string& failure() const { return failure_; }

  // One line about what it does and how far it came, for the report of a failure.
  std::string describe() const { return describe_talk() + "; " + stage_; }

 protected:
  SimClient(const ClientSurroundings& around, Random& random)
      : around_(around), random_(random.next()) {}

  // All that is said on a connection, and what is to be thought of its end.
  virtual Task<> talk(SocketStream& stream) = 0;
  virtual std::string describe_talk() const = 0;

  // Notes what is wrong; only the first counts.
  void fail(std::string what) {
    if (failure_.empty()) failure_ = std::move(what);
  }

  // Whether something was done to the connection for which nobody can be blamed.
  bool excused() const;
  bool draining() const { return around_.circumstances.draining; }

  EventLoop& loop() { return around_.loop; }
  Random& random() { return random_; }

 private:
  ClientSurroundings around_;
  Random random_;
  int socket_ = -1;
  const char* stage_ = "not connected";
  std::string failure_;
};

// Raw bytes in pieces of all sizes, at its own pace, with an end of its choice: orderly,
// half-closed early, reset half-way, or never reading at all.
std::unique_ptr<SimClient> make_raw_client(const ClientSurroundings& around, Random& random);

// The load tester's clients: whole messages, several under way at once.
std::unique_ptr<SimClient> make_tcp_message_client(const ClientSurroundings& around,
                                                   Random& random);
std::unique_ptr<SimClient> make_http1_message_client(const ClientSurroundings& around,
                                                     Random& random);
std::unique_ptr<SimClient> make_websocket_message_client(const ClientSurroundings& around,
                                                         Random& random);

// Requests whose answers are made of nothing and known in every byte, also delayed and slow ones.
std::unique_ptr<SimClient> make_endpoint_client(const ClientSurroundings& around, Random& random);

}  // namespace echod::sim
