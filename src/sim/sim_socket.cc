#include "sim/sim_socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"

namespace echod::sim {

uint32_t SimSocket::ready() const {
  if (state_ == State::kListening) return clients_.empty() ? 0 : POLLIN;
  if (state_ == State::kNew) return POLLOUT | POLLHUP;
  uint32_t events = 0;
  if (unread() > 0 || end_received_ || error_ != 0 || reading_shut_) events |= POLLIN;
  if (end_received_) events |= POLLRDHUP;
  if (state_ == State::kConnected && (room() > 0 || error_ != 0 || end_sent_)) events |= POLLOUT;
  if (error_ != 0) events |= POLLERR | POLLHUP | POLLOUT;
  if (end_received_ && end_sent_) events |= POLLHUP;
  return events;
}

int SimSocket::bind(const Endpoint& endpoint) {
  local_ = endpoint.port() == 0 ? endpoint.with_port(network_.next_port()) : endpoint;
  return 0;
}

int SimSocket::listen(int backlog) {
  state_ = State::kListening;
  backlog_ = static_cast<size_t>(backlog);
  network_.listen(std::static_pointer_cast<SimSocket>(shared_from_this()));
  return 0;
}

int SimSocket::connect(const Endpoint& to) {
  if (error_ != 0) return -std::exchange(error_, 0);
  if (state_ == State::kConnected) return -EISCONN;
  if (state_ == State::kConnecting) return -EALREADY;
  if (state_ != State::kNew) return -ECONNABORTED;
  state_ = State::kConnecting;
  remote_ = to;
  if (!local_.known()) local_ = to;
  local_ = local_.with_port(network_.next_port());
  link_ = std::make_shared<SimLink>();
  window_ = 1024 + network_.random().spread(64 * 1024);
  std::shared_ptr<SimSocket> listener = network_.listener_at(to);
  auto self = std::static_pointer_cast<SimSocket>(shared_from_this());
  const Time at = network_.now() + network_.latency();
  if (listener == nullptr) {
    network_.send({.at = at, .number = 0, .kind = SimNetwork::Kind::kRefused, .to = self});
  } else {
    network_.send(
        {.at = at, .number = 0, .kind = SimNetwork::Kind::kClient, .to = listener, .from = self});
  }
  return -EINPROGRESS;
}

std::shared_ptr<SimSocket> SimSocket::accept() {
  if (clients_.empty()) return nullptr;
  std::shared_ptr<SimSocket> client = std::move(clients_.front());
  clients_.pop_front();
  return client;
}

ssize_t SimSocket::receive(void* to, size_t size) {
  if (unread() > 0) {
    const size_t count = std::min(size, unread());
    std::copy_n(received_.data() + taken_, count, static_cast<char*>(to));
    taken_ += count;
    if (taken_ == received_.size()) {
      received_.clear();
      taken_ = 0;
    }
    send_event(SimNetwork::Kind::kWindow, {}, count);
    return static_cast<ssize_t>(count);
  }
  if (error_ != 0) return -std::exchange(error_, 0);
  if (end_received_ || reading_shut_) return 0;
  if (state_ != State::kConnected) return -ENOTCONN;
  return -EAGAIN;
}

ssize_t SimSocket::send(const void* from, size_t size) {
  if (error_ != 0) return -std::exchange(error_, 0);
  if (end_sent_ || state_ != State::kConnected) return -EPIPE;
  size_t count = std::min(size, room());
  Random& random = network_.random();
  if (count > 1 && random.chance(network_.faults().short_write)) count = random.between(1, count);
  if (count < size) wants_room_ = true;
  if (count == 0) return -EAGAIN;
  const char* bytes = static_cast<const char*>(from);
  outstanding_ += count;
  const bool one_byte = random.chance(network_.faults().one_byte);
  for (size_t done = 0; done < count;) {
    const size_t left = count - done;
    const size_t piece = one_byte && count < 64 ? 1 : random.between(1 + left / 4, left);
    send_event(SimNetwork::Kind::kBytes, std::string_view(bytes + done, piece));
    done += piece;
  }
  // If there is still room, report it a little later, as after a real short write.
  if (wants_room_ && room() > 0) nudge(POLLOUT);
  return static_cast<ssize_t>(count);
}

int SimSocket::shut_down(int how) {
  if (state_ == State::kListening) return 0;
  if (state_ != State::kConnected) return -ENOTCONN;
  if (how != SHUT_WR) {
    reading_shut_ = true;
    tell(POLLIN | POLLRDHUP);
  }
  if (how != SHUT_RD && !end_sent_) {
    end_sent_ = true;
    send_event(SimNetwork::Kind::kFin);
    if (end_received_) tell(POLLHUP | POLLOUT);
  }
  return 0;
}

void SimSocket::closed() {
  if (state_ == State::kListening) {
    network_.stop_listening(*this);
    for (const std::shared_ptr<SimSocket>& client : clients_) {
      client->set_reset_on_close(true);
      client->closed();
    }
    clients_.clear();
  } else if (state_ == State::kConnected && error_ == 0) {
    if (reset_on_close_ || unread() > 0) {
      send_event(SimNetwork::Kind::kReset);
    } else if (!end_sent_) {
      send_event(SimNetwork::Kind::kFin);
    }
  }
  state_ = State::kClosed;
}

void SimSocket::harm() {
  if (link_ == nullptr) return;
  link_->harmed = true;
  if (state_ != State::kConnected) return;
  send_event(SimNetwork::Kind::kReset);
  reset_by_peer();
}

void SimSocket::nudge(uint32_t events) {
  network_.send({.at = network_.now() + network_.latency(),
                 .number = 0,
                 .kind = SimNetwork::Kind::kNudge,
                 .to = std::static_pointer_cast<SimSocket>(shared_from_this()),
                 .count = events});
}

// In order: no event overtakes an earlier one. Bytes that arrive at the same time are merged, as in
// one segment.
void SimSocket::send_event(SimNetwork::Kind kind, std::string_view bytes, size_t count) {
  last_arrival_ = std::max(last_arrival_, network_.now() + network_.latency());
  const SimNetwork::Sent last = last_sent_.lock();
  if (last != nullptr && !last->delivered && last->kind == kind && last->at == last_arrival_) {
    last->bytes += bytes;
    last->count += count;
    return;
  }
  last_sent_ = network_.send({.at = last_arrival_,
                              .number = 0,
                              .kind = kind,
                              .to = peer_,
                              .from = std::static_pointer_cast<SimSocket>(shared_from_this()),
                              .bytes = std::string(bytes),
                              .count = count});
}

void SimSocket::reset_by_peer() {
  if (error_ != 0) return;
  error_ = ECONNRESET;
  end_received_ = true;
  end_sent_ = true;
  tell(POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP);
}

void SimSocket::arrive_client(SimNetwork::Event& event) {
  const std::shared_ptr<SimSocket>& client = event.from;
  const Time at = network_.now() + network_.latency();
  if (state_ != State::kListening || clients_.size() >= backlog_) {
    network_.send({.at = at, .number = 0, .kind = SimNetwork::Kind::kRefused, .to = client});
    return;
  }
  auto served = std::make_shared<SimSocket>(network_);
  served->state_ = State::kConnected;
  served->local_ = client->remote_;
  served->remote_ = client->local_;
  served->peer_ = client;
  served->link_ = client->link_;
  served->window_ = 1024 + network_.random().spread(64 * 1024);
  client->peer_ = served;
  clients_.push_back(std::move(served));
  network_.send({.at = at, .number = 0, .kind = SimNetwork::Kind::kConnected, .to = client});
  client->last_arrival_ = at;
  clients_.back()->last_arrival_ = at;
  tell(POLLIN);
}

void SimSocket::arrive(SimNetwork::Event& event) {
  using Kind = SimNetwork::Kind;
  if (event.kind == Kind::kClient) {
    arrive_client(event);  // which resets it if the listener is closed
    return;
  }
  if (state_ == State::kClosed) {
    // The socket is closed: reset a peer that still sends.
    if (event.kind == Kind::kBytes) send_event(Kind::kReset);
    return;
  }
  switch (event.kind) {
    case Kind::kBytes:
      if (error_ != 0) return;
      received_.append(event.bytes);
      tell(POLLIN);
      return;
    case Kind::kFin:
      end_received_ = true;
      tell(POLLIN | POLLRDHUP | (end_sent_ ? POLLHUP : 0));
      return;
    case Kind::kReset:
      reset_by_peer();
      return;
    case Kind::kWindow:
      outstanding_ -= event.count;
      if (wants_room_ && room() >= window_ / 3) {  // like Linux: no small window updates
        wants_room_ = false;
        tell(POLLOUT);
      }
      return;
    case Kind::kConnected:
      if (state_ != State::kConnecting) return;
      state_ = State::kConnected;
      tell(POLLOUT);
      return;
    case Kind::kRefused:
      if (state_ != State::kConnecting) return;
      error_ = ECONNREFUSED;
      tell(POLLOUT | POLLERR | POLLHUP);
      return;
    case Kind::kNudge:
      tell(ready() & static_cast<uint32_t>(event.count));
      return;
    case Kind::kClient:
      return;
  }
}

}  // namespace echod::sim
