#include "app/sim/sim_client.h"

namespace echod::sim {
namespace {

constexpr Duration kConnectTimeout = std::chrono::minutes(10);

}  // namespace

Task<> SimClient::run() {
  ClientStream stream(loop());
  const ConnectOptions options{.socket = {.blocking = true},
                               .deadline = loop().now() + kConnectTimeout};
  stage_ = "connecting";
  Result<void> connected = co_await stream.connect(context_.server, options).observed();
  socket_ = stream.fd();
  if (socket_ < 0) co_return;  // the client itself got no socket
  if (!connected) {
    if (!excused() && !draining()) fail("could not connect: " + echod::describe(connected.error()));
    co_return;
  }
  stage_ = "connected";
  co_await talk(stream);
  stage_ = "over";
}

bool SimClient::excused() const {
  const SimSocket* socket = context_.kernel.socket_of(socket_);
  const bool harmed = socket != nullptr && socket->link() != nullptr && socket->link()->harmed;
  const RunState& now = context_.run_state;
  return harmed || now.aborted || now.clock_jumped || now.out_of_memory;
}

}  // namespace echod::sim
