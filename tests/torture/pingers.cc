#include "pingers.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <utility>

namespace torture {
namespace {

constexpr size_t kMessage = 64;
constexpr Duration kVictimPause = std::chrono::milliseconds(10);
constexpr int kPingEventsMax = 64;

double microseconds(Duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

int milliseconds_until(Time deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  return static_cast<int>(std::max<int64_t>(0, left.count()));
}

bool wait_for(const Socket& socket, short events, Time deadline) {
  pollfd entry{.fd = socket.fd(), .events = events, .revents = 0};
  return poll(&entry, 1, milliseconds_until(deadline)) == 1;
}

Latencies sorted(std::vector<double> times) {
  std::ranges::sort(times);
  return {std::move(times)};
}

}  // namespace

double Latencies::quantile(double share) const {
  if (us.empty()) return 0;
  const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(us.size())));
  return us[std::clamp<size_t>(rank, 1, us.size()) - 1];
}

struct Pingers::Pinger {
  Socket socket;
  Pattern pattern;
  Verifier verifier;
  uint64_t sent = 0;
  std::deque<Time> due;  // of the message that is under way, then of those that wait for it

  explicit Pinger(Pattern made) : pattern(made), verifier(made) {}
};

Pingers::Pingers(Context& context, unsigned count, double rate, std::string source)
    : context_(context), rate_(rate), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw std::runtime_error(std::string("epoll_create1: ") + std::strerror(errno));
  pingers_.reserve(count);
  for (unsigned i = 0; i < count; ++i) pingers_.emplace_back(context.next_pattern());
  open_connections(std::move(source));
  thread_ = std::jthread([this](const std::stop_token& token) { work(token); });
}

Pingers::~Pingers() {
  thread_ = {};
  close(epoll_);
}

void Pingers::open_connections(std::string source) {
  const Time deadline = Clock::now() + context_.patience();
  for (Pinger& pinger : pingers_) {
    auto made = Socket::connect(context_.address, source);
    if (!made) {
      break_off(pinger, fmt::format("no connection: {}", std::strerror(made.error())));
      continue;
    }
    pinger.socket = std::move(*made);
    if (!wait_for(pinger.socket, POLLOUT, deadline)) {
      break_off(pinger, "no connection before the deadline");
      return;
    }
    if (const int error = pinger.socket.error(); error != 0) {
      break_off(pinger, fmt::format("no connection: {}", std::strerror(error)));
      continue;
    }
    pinger.socket.set_no_delay();
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &pinger;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, pinger.socket.fd(), &event);
  }
}

void Pingers::break_off(Pinger& pinger, std::string why) {
  pinger.socket.reset();
  pinger.due.clear();
  const std::lock_guard lock(mutex_);
  if (complaint_.empty()) complaint_ = "a quiet client: " + std::move(why);
}

// Sends a message that is due, or leaves it for when the one before it has come back.
void Pingers::ping(Pinger& pinger, Time due) {
  if (!pinger.socket.is_open()) return;
  pinger.due.push_back(due);
  if (pinger.due.size() == 1) send(pinger);
}

void Pingers::send(Pinger& pinger) {
  std::array<uint8_t, kMessage> message;
  pinger.pattern.fill(pinger.sent, message);
  if (const ssize_t result = pinger.socket.send(message); result != kMessage) {
    const int error = result < 0 ? static_cast<int>(-result) : ENOBUFS;
    return break_off(pinger, fmt::format("sending: {}", std::strerror(error)));
  }
  pinger.sent += kMessage;
}

void Pingers::receive(Pinger& pinger) {
  std::array<uint8_t, 4096> buffer;
  const ssize_t result = pinger.socket.receive(buffer);
  if (result == -EAGAIN) return;
  if (result <= 0) {
    return break_off(pinger, result == 0 ? "the server ended the connection"
                                         : std::strerror(static_cast<int>(-result)));
  }
  pinger.verifier.take(std::span(buffer).first(static_cast<size_t>(result)), pinger.sent);
  if (pinger.verifier.is_wrong()) return break_off(pinger, pinger.verifier.diagnose().text);
  if (pinger.verifier.received() < pinger.sent || pinger.due.empty()) return;
  const Time due = pinger.due.front();
  pinger.due.pop_front();
  {
    const std::lock_guard lock(mutex_);
    times_us_.push_back(microseconds(Clock::now() - due));
  }
  if (!pinger.due.empty()) send(pinger);
}

void Pingers::work(const std::stop_token& token) {
  const auto gap = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / rate_));
  Time due = Clock::now();
  Time give_up = Time::max();
  size_t next = 0;
  std::array<epoll_event, kPingEventsMax> events;
  for (;;) {
    const bool stopping = token.stop_requested();
    const Time now = Clock::now();
    for (; !stopping && !pingers_.empty() && due <= now; due += gap) {
      ping(pingers_[next], due);
      next = (next + 1) % pingers_.size();
    }
    if (stopping) {
      if (give_up == Time::max()) give_up = now + context_.patience();
      const bool all_back =
          std::ranges::all_of(pingers_, [](const Pinger& pinger) { return pinger.due.empty(); });
      if (all_back) return;
      if (now > give_up) {
        for (Pinger& pinger : pingers_) {
          if (!pinger.due.empty()) break_off(pinger, "a message did not come back");
        }
        return;
      }
    }
    const int wait_ms = stopping ? 5 : std::min(milliseconds_until(due), 20);
    const int ready = epoll_wait(epoll_, events.data(), kPingEventsMax, wait_ms);
    for (int i = 0; i < ready; ++i) {
      receive(*static_cast<Pinger*>(events[static_cast<size_t>(i)].data.ptr));
    }
  }
}

Latencies Pingers::take() {
  const std::lock_guard lock(mutex_);
  return sorted(std::exchange(times_us_, {}));
}

std::string Pingers::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  for (Pinger& pinger : pingers_) pinger.socket.close();
  const std::lock_guard lock(mutex_);
  return complaint_;
}

Victim::Victim(Context& context, std::string source)
    : context_(context), source_(std::move(source)) {
  thread_ = std::jthread([this](const std::stop_token& token) { work(token); });
}

Victim::~Victim() = default;  // the thread ends after the visit that is under way

void Victim::work(const std::stop_token& token) {
  while (!token.stop_requested()) {
    const Time begin = Clock::now();
    const std::string wrong = visit(context_, source_, kMessage, context_.patience());
    {
      const std::lock_guard lock(mutex_);
      if (wrong.empty()) {
        times_us_.push_back(microseconds(Clock::now() - begin));
      } else {
        complaint_ = "the victim: " + wrong;
        return;
      }
    }
    std::this_thread::sleep_for(kVictimPause);
  }
}

Latencies Victim::take() {
  const std::lock_guard lock(mutex_);
  return sorted(std::exchange(times_us_, {}));
}

std::string Victim::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  const std::lock_guard lock(mutex_);
  return complaint_;
}

std::string visit(Context& context, const std::string& source, size_t size, Duration patience) {
  const Time deadline = Clock::now() + patience;
  auto made = Socket::connect(context.address, source);
  if (!made) return fmt::format("no connection: {}", std::strerror(made.error()));
  if (!wait_for(*made, POLLOUT, deadline)) return "no connection before the deadline";
  if (const int error = made->error(); error != 0) {
    return fmt::format("no connection: {}", std::strerror(error));
  }
  made->set_no_delay();
  const Pattern pattern = context.next_pattern();
  Verifier verifier(pattern);
  std::vector<uint8_t> message(size);
  pattern.fill(0, message);
  if (const ssize_t result = made->send(message); result != static_cast<ssize_t>(size)) {
    return result < 0 ? fmt::format("sending: {}", std::strerror(static_cast<int>(-result)))
                      : "sent a part only";
  }
  while (verifier.received() < size) {
    if (!wait_for(*made, POLLIN, deadline)) return "no echo before the deadline";
    const ssize_t result = made->receive(message);
    if (result == -EAGAIN) continue;
    if (result == 0) return fmt::format("the end after {} bytes", verifier.received());
    if (result < 0) {
      return fmt::format("receiving: {}", std::strerror(static_cast<int>(-result)));
    }
    verifier.take(std::span(message).first(static_cast<size_t>(result)), size);
    if (verifier.is_wrong()) return verifier.diagnose().text;
  }
  // By reset: thousands of these would use up the source's ports for a minute otherwise.
  made->reset();
  return {};
}

}  // namespace torture
