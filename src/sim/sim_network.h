// The modelled network: time, events in flight, and listening ports. Bytes arrive in order, in
// pieces of any size, after any delay.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "net/endpoint.h"
#include "sim/faults.h"

namespace echod::sim {

class SimSocket;

class SimNetwork {
 public:
  SimNetwork(Random& random, const Faults& faults) : random_(random), faults_(faults) {}

  Time now() const { return now_; }
  void advance(Time to) { now_ = std::max(now_, to); }
  Random& random() { return random_; }
  const Faults& faults() const { return faults_; }

  // The kind of event that reaches a socket.
  enum class Kind : uint8_t {
    kBytes,
    kFin,
    kReset,
    kWindow,
    kConnected,
    kRefused,
    kClient,
    kNudge
  };
  struct Event {
    Time at;
    uint64_t number;  // at equal times, the event sent first is delivered first
    Kind kind;
    std::weak_ptr<SimSocket> to;
    std::shared_ptr<SimSocket> from = {};  // of kClient and kBytes: the sender
    std::string bytes = {};
    size_t count = 0;  // kWindow: bytes that the peer has taken; kNudge: the events to repeat
    bool delivered = false;
  };
  using Sent = std::shared_ptr<Event>;

  // Sends an event; the caller may add to it until it is delivered.
  Sent send(Event event) {
    event.number = ++sent_;
    Sent sent = std::make_shared<Event>(std::move(event));
    under_way_.push(sent);
    return sent;
  }

  // When the next event arrives; kNever if none is in flight.
  Time next() const { return under_way_.empty() ? kNever : under_way_.top()->at; }

  // Delivers it. Its time must have come.
  void deliver();

  // The latency of an event sent now.
  Duration latency();

  // Ports. Several sockets may listen on one; clients are distributed over them.
  void listen(const std::shared_ptr<SimSocket>& socket);
  void stop_listening(SimSocket& socket);
  std::shared_ptr<SimSocket> listener_at(const Endpoint& endpoint);
  uint16_t next_port() { return next_port_++; }

 private:
  struct Later {
    bool operator()(const Sent& a, const Sent& b) const {
      return a->at != b->at ? a->at > b->at : a->number > b->number;
    }
  };

  Random& random_;
  const Faults& faults_;
  Time now_{std::chrono::hours(1)};
  uint64_t sent_ = 0;
  uint16_t next_port_ = 10'000;
  std::priority_queue<Sent, std::vector<Sent>, Later> under_way_;
  std::map<uint16_t, std::vector<std::weak_ptr<SimSocket>>> listeners_;
};

}  // namespace echod::sim
