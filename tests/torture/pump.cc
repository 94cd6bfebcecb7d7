#include "pump.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <unordered_set>

namespace torture {
namespace {

constexpr size_t kBufferSize = 256 * 1024;
constexpr size_t kFaultsKept = 5;
constexpr std::chrono::milliseconds kTick{20};
constexpr int kEventsMax = 256;

}  // namespace

struct Pump::Timer {
  Time at;
  Client* client;
  bool operator<(const Timer& other) const { return at > other.at; }  // for the heap
};

std::string Tally::complaint() const {
  if (fault_count == 0) return {};
  const Fault& first = faults.front();
  const std::string head = fmt::format("{}: {}", name_of(first.kind), first.text);
  if (fault_count == 1) return head;
  return fmt::format("{} clients failed, the first: {}", fault_count, head);
}

Pump::Pump(Context& context)
    : context_(context), epoll_(epoll_create1(EPOLL_CLOEXEC)), buffer_(kBufferSize) {
  if (epoll_ < 0) throw std::runtime_error(std::string("epoll_create1: ") + std::strerror(errno));
}

Pump::~Pump() { close(epoll_); }

void Pump::start(const Plan& plan) {
  ++tally_.clients;
  const Pattern pattern = context_.next_pattern();
  clients_.push_back(std::make_unique<Client>(context_.address, plan, pattern,
                                              context_.options.seed ^ pattern.stream()));
  Client* client = clients_.back().get();
  if (client->is_done()) {
    some_done_ = true;
    return;
  }
  epoll_event event{};
  event.events = EPOLLOUT;
  event.data.ptr = client;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, client->fd(), &event) != 0) {
    throw std::runtime_error(std::string("epoll_ctl: ") + std::strerror(errno));
  }
  watched_[client].events = EPOLLOUT;
}

void Pump::serve(Client* client, uint32_t events, Time now) {
  if (client->is_done()) return;
  if (client->act(events, now, buffer_)) moved_at_ = now;
  settle(client, now);
}

// Registers what the client waits for next. A closed socket has left the epoll by itself.
void Pump::settle(Client* client, Time now) {
  if (client->is_done()) {
    some_done_ = true;
    return;
  }
  const uint32_t interest = client->interest(now);
  Watch& watch = watched_[client];
  if (watch.events != interest) {
    epoll_event event{};
    event.events = interest;
    event.data.ptr = client;
    // EPOLLERR and EPOLLHUP cannot be masked: a client that wants neither is taken out.
    const bool was_in = watch.events != 0;
    if (interest == 0) {
      epoll_ctl(epoll_, EPOLL_CTL_DEL, client->fd(), nullptr);
    } else {
      epoll_ctl(epoll_, was_in ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, client->fd(), &event);
    }
    watch.events = interest;
  }
  const Time wake = client->wake(now);
  if (wake < now + kForever && wake < watch.timer) {
    watch.timer = wake;
    timers_.push_back({wake, client});
    std::push_heap(timers_.begin(), timers_.end());
  }
}

void Pump::serve_timers(Time now) {
  while (!timers_.empty() && timers_.front().at <= now) {
    std::pop_heap(timers_.begin(), timers_.end());
    const Timer timer = timers_.back();
    timers_.pop_back();
    Watch& watch = watched_[timer.client];
    if (watch.timer != timer.at) continue;  // an earlier one took its place
    watch.timer = Time::max();
    serve(timer.client, 0, now);
  }
}

void Pump::record(const Client& client) {
  tally_.sent += client.sent();
  tally_.received += client.received();
  tally_.lost += client.missing();
  if (client.fault()) {
    ++tally_.fault_count;
    if (tally_.faults.size() < kFaultsKept) tally_.faults.push_back(*client.fault());
  } else if (client.was_refused()) {
    ++tally_.refused;
  }
}

void Pump::collect() {
  if (!some_done_) return;
  some_done_ = false;
  std::unordered_set<Client*> gone;
  std::erase_if(clients_, [&](const std::unique_ptr<Client>& client) {
    if (!client->is_done()) return false;
    record(*client);
    watched_.erase(client.get());
    gone.insert(client.get());
    return true;
  });
  if (std::erase_if(timers_, [&](const Timer& timer) { return gone.contains(timer.client); }) > 0) {
    std::make_heap(timers_.begin(), timers_.end());
  }
}

int Pump::wait_ms(Time now) {
  Duration wait = kTick;
  if (!timers_.empty()) wait = std::clamp(timers_.front().at - now, Duration{}, wait);
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(wait).count());
}

const Tally& Pump::run(uint64_t count, unsigned at_once, const std::function<Plan(uint64_t)>& plan,
                       const std::function<void(Time)>& tick) {
  moved_at_ = Clock::now();
  Time tick_at = moved_at_;
  uint64_t started = 0;
  std::array<epoll_event, kEventsMax> events;
  for (;;) {
    collect();
    while (!stopped_ && started < count && clients_.size() < at_once) start(plan(started++));
    collect();
    if (clients_.empty() && (stopped_ || started == count)) break;
    const int ready = epoll_wait(epoll_, events.data(), kEventsMax, wait_ms(Clock::now()));
    const Time now = Clock::now();
    for (int i = 0; i < ready; ++i) {
      const auto& event = events[static_cast<size_t>(i)];
      serve(static_cast<Client*>(event.data.ptr), event.events, now);
    }
    serve_timers(now);
    if (tick && now >= tick_at) {
      tick_at = now + kTick;
      tick(now);
    }
    if (now - moved_at_ > context_.patience()) {
      for (const auto& client : clients_) client->give_up();
      stopped_ = some_done_ = true;
    }
  }
  return tally_;
}

void Pump::release_all() {
  const Time now = Clock::now();
  moved_at_ = now;
  for (const auto& client : clients_) {
    client->release(now);
    settle(client.get(), now);
  }
}

void Pump::leave_all() {
  stopped_ = true;
  for (const auto& client : clients_) client->leave();
  some_done_ = true;
}

uint64_t Pump::received() const {
  uint64_t sum = tally_.received;
  for (const auto& client : clients_) sum += client->received();
  return sum;
}

}  // namespace torture
