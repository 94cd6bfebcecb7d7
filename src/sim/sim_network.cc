#include "sim/sim_network.h"

#include "base/check.h"
#include "sim/sim_socket.h"

namespace echod::sim {

void SimNetwork::deliver() {
  ECHOD_CHECK(!under_way_.empty() && under_way_.top()->at <= now_);
  const Sent sent = under_way_.top();
  under_way_.pop();
  Event& event = *sent;
  event.delivered = true;
  if (std::shared_ptr<SimSocket> to = event.to.lock()) {
    to->arrive(event);
    return;
  }
  // The receiver is gone: notify the sender.
  const bool client = event.kind == Kind::kClient;
  if (!client && event.kind != Kind::kBytes) return;
  send({.at = now_ + latency(),
        .number = 0,
        .kind = client ? Kind::kRefused : Kind::kReset,
        .to = event.from});
}

Duration SimNetwork::latency() {
  return Duration(static_cast<int64_t>(random_.spread(2'000'000)));  // up to 2 ms
}

void SimNetwork::listen(const std::shared_ptr<SimSocket>& socket) {
  listeners_[socket->local().port()].push_back(socket);
}

void SimNetwork::stop_listening(SimSocket& socket) {
  auto& sockets = listeners_[socket.local().port()];
  std::erase_if(sockets, [&](const std::weak_ptr<SimSocket>& one) {
    const std::shared_ptr<SimSocket> held = one.lock();
    return held == nullptr || held.get() == &socket;
  });
}

std::shared_ptr<SimSocket> SimNetwork::listener_at(const Endpoint& endpoint) {
  auto& sockets = listeners_[endpoint.port()];
  if (sockets.empty()) return nullptr;
  return sockets[random_.below(sockets.size())].lock();
}

}  // namespace echod::sim
