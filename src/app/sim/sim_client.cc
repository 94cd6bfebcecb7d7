#include "app/sim/sim_client.h"

#include "net/socket_options.h"

namespace echod::sim {
namespace {

constexpr StreamTimeouts kNoTimeouts;
constexpr Duration kConnectTimeout = std::chrono::minutes(10);

}  // namespace

Task<> SimClient::run() {
  Result<Fd> fd = client_socket(around_.server.family(), {.source = {}, .blocking = true});
  if (!fd) co_return;  // a fault of our own side
  socket_ = fd->get();
  Session session{.clock = loop(), .buffers = loop().buffers()};
  SocketStream stream(loop(), std::move(*fd), session, kNoTimeouts);
  Result<void> outcome = stream.open();
  if (!outcome) co_return;
  stage_ = "connecting";
  outcome = co_await stream.connect(around_.server, loop().now() + kConnectTimeout).observed();
  if (!outcome) {
    if (!excused() && !draining()) fail("could not connect: " + echod::describe(outcome.error()));
    co_return;
  }
  stage_ = "connected";
  co_await talk(stream);
  stage_ = "over";
}

bool SimClient::excused() const {
  const SimSocket* socket = around_.kernel.socket_of(socket_);
  const bool harmed = socket != nullptr && socket->link() != nullptr && socket->link()->harmed;
  const Circumstances& now = around_.circumstances;
  return harmed || now.aborted || now.clock_jumped || now.out_of_memory;
}

}  // namespace echod::sim
