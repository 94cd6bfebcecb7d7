// A modelled TCP socket. Calls return what the system call would, a failure as a negative errno.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "net/endpoint.h"
#include "sim/sim_file.h"
#include "sim/sim_network.h"

namespace echod::sim {

// State that both ends of a connection share: the faults injected into it, for the oracle.
struct SimLink {
  bool harmed = false;  // a fault cut it
};

class SimSocket final : public SimFile {
 public:
  explicit SimSocket(SimNetwork& network) : network_(network) {}

  uint32_t ready() const override;
  void closed() override;

  int bind(const Endpoint& endpoint);
  int listen(int backlog);
  int connect(const Endpoint& to);

  // The next client; null if there is none.
  std::shared_ptr<SimSocket> accept();

  // receive: 0 at the end, -EAGAIN if there are no bytes. send: as many bytes as there is room for.
  ssize_t receive(void* to, size_t size);
  ssize_t send(const void* from, size_t size);
  int shut_down(int how);

  // Cuts the connection as if the peer had: a fault.
  void harm();

  // Notifies its watchers of `events` again, a little later: after a spurious EAGAIN.
  void nudge(uint32_t events);

  void arrive(SimNetwork::Event& event);

  void set_reset_on_close(bool on) { reset_on_close_ = on; }
  const Endpoint& local() const { return local_; }
  const Endpoint& peer_address() const { return remote_; }
  SimLink* link() const { return link_.get(); }
  size_t unread() const { return received_.size() - taken_; }

 private:
  enum class State : uint8_t { kNew, kListening, kConnecting, kConnected, kClosed };

  void send_event(SimNetwork::Kind kind, std::string_view bytes = {}, size_t count = 0);
  void reset_by_peer();
  void arrive_client(SimNetwork::Event& event);
  size_t room() const { return window_ > outstanding_ ? window_ - outstanding_ : 0; }

  SimNetwork& network_;
  State state_ = State::kNew;
  Endpoint local_;
  Endpoint remote_;
  std::weak_ptr<SimSocket> peer_;
  std::shared_ptr<SimLink> link_;

  std::string received_;  // from taken_ on
  size_t taken_ = 0;
  bool end_received_ = false;
  bool end_sent_ = false;
  bool reading_shut_ = false;
  bool wants_room_ = false;  // a send found too little room (SOCK_NOSPACE)
  bool reset_on_close_ = false;
  int error_ = 0;
  size_t window_ = 0;
  size_t outstanding_ = 0;  // sent and not known to be received
  Time last_arrival_{};     // when the last bytes sent arrive at the peer
  std::weak_ptr<SimNetwork::Event> last_sent_;

  std::deque<std::shared_ptr<SimSocket>> clients_;
  size_t backlog_ = 0;
};

}  // namespace echod::sim
