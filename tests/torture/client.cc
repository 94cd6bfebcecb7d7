#include "client.h"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <utility>

namespace torture {
namespace {

constexpr Duration kEvidenceTime = std::chrono::seconds(1);
// Turns one client gets in a row, so that a fast one does not hold up the others.
constexpr int kTurnsMax = 8;

}  // namespace

Client::Client(const Address& address, Plan plan, Pattern pattern, uint64_t random_seed)
    : plan_(std::move(plan)), pattern_(pattern), verifier_(pattern), random_(random_seed) {
  auto made = Socket::connect(address, plan_.source);
  if (!made) {
    fail_errno(made.error(), "connecting");
    return;
  }
  socket_ = std::move(*made);
  socket_.set_no_delay();
  if (plan_.send_buffer > 0) socket_.set_send_buffer(plan_.send_buffer);
}

bool Client::wants_to_write(Time now) const {
  if (sent_ >= plan_.size || now < next_write_) return false;
  return !plan_.lockstep || segment_left_ > 0 || received() == sent_;
}

bool Client::wants_to_read(Time now) const {
  return now >= next_read_ && now - connected_at_ >= plan_.read_delay;
}

uint32_t Client::interest(Time now) const {
  if (done_) return 0;
  if (!connected_) return EPOLLOUT;
  uint32_t events = 0;
  if (wants_to_write(now)) events |= EPOLLOUT;
  if (wants_to_read(now)) events |= EPOLLIN;
  return events;
}

Time Client::wake(Time now) const {
  Time earliest = now + kForever;
  if (done_ || !connected_) return earliest;
  if (end_at_) earliest = std::min(earliest, *end_at_);
  if (sent_ < plan_.size && next_write_ > now) earliest = std::min(earliest, next_write_);
  const Time read_at = std::max(next_read_, connected_at_ + plan_.read_delay);
  if (read_at > now) earliest = std::min(earliest, read_at);
  if (verifier_.is_wrong()) earliest = std::min(earliest, evidence_until_);
  return earliest;
}

bool Client::act(uint32_t events, Time now, std::span<uint8_t> buffer) {
  if (done_) return false;
  if (!connected_) return finish_connecting(events, now);
  bool moved = false;
  for (int turn = 0; turn < kTurnsMax && !done_; ++turn) {
    bool now_moved = false;
    if (wants_to_write(now)) now_moved |= write_some(now, buffer);
    if (!done_ && wants_to_read(now)) now_moved |= read_some(now, buffer);
    if (!done_) now_moved |= end_if_due(now);
    if (!now_moved) break;
    moved = true;
  }
  return moved;
}

bool Client::finish_connecting(uint32_t events, Time now) {
  if (events == 0) return false;
  if (const int error = socket_.error(); error != 0) {
    fail_errno(error, "connecting");
    return true;
  }
  connected_ = true;
  connected_at_ = now;
  if (plan_.size == 0) finish_sending();
  end_if_due(now);
  return true;
}

size_t Client::next_segment() {
  const auto low = std::log2(static_cast<double>(plan_.segment_min));
  const auto high = std::log2(static_cast<double>(plan_.segment_max));
  if (plan_.segment_min == plan_.segment_max) return plan_.segment_min;
  const double chosen = std::exp2(std::uniform_real_distribution<>(low, high)(random_));
  return std::clamp(static_cast<size_t>(chosen), plan_.segment_min, plan_.segment_max);
}

bool Client::write_some(Time now, std::span<uint8_t> buffer) {
  if (segment_left_ == 0) segment_left_ = next_segment();
  const size_t size = std::min({static_cast<uint64_t>(segment_left_), plan_.size - sent_,
                                static_cast<uint64_t>(buffer.size())});
  pattern_.fill(sent_, buffer.first(size));
  const bool is_last = sent_ + size == plan_.size;
  const ssize_t result =
      socket_.send(buffer.first(size), plan_.fin_on_data && plan_.half_close && is_last);
  if (result == -EAGAIN) return false;
  if (result < 0) {
    // What came before the reset says more than the reset: reading finds both.
    if (result == -EPIPE || result == -ECONNRESET) read_some(now, buffer);
    if (!done_) fail_errno(static_cast<int>(-result), "sending");
    return true;
  }
  sent_ += static_cast<uint64_t>(result);
  segment_left_ -= static_cast<size_t>(result);
  if (segment_left_ == 0 && plan_.write_pause > Duration{}) next_write_ = now + plan_.write_pause;
  if (sent_ == plan_.size) finish_sending();
  return true;
}

void Client::finish_sending() {
  segment_left_ = 0;
  if (finished_sending_ || !plan_.half_close) return;
  finished_sending_ = true;
  socket_.shut_down_sending();
}

bool Client::read_some(Time now, std::span<uint8_t> buffer) {
  const ssize_t result = socket_.receive(buffer.first(std::min(plan_.read_max, buffer.size())));
  if (result == -EAGAIN) return false;
  if (result < 0) {
    fail_errno(static_cast<int>(-result), "receiving");
    return true;
  }
  if (result == 0) {
    end_of_stream();
    return true;
  }
  const bool was_wrong = verifier_.is_wrong();
  verifier_.take(buffer.first(static_cast<size_t>(result)), sent_);
  if (verifier_.is_wrong() && !was_wrong) evidence_until_ = now + kEvidenceTime;
  if (verifier_.has_evidence()) fail(verifier_.diagnose());
  if (plan_.read_pause > Duration{} && now - connected_at_ < plan_.slow_time) {
    next_read_ = now + plan_.read_pause;
  }
  return true;
}

bool Client::end_if_due(Time now) {
  if (verifier_.is_wrong()) {
    if (now < evidence_until_) return false;
    fail(verifier_.diagnose());
    return true;
  }
  if (plan_.ending == Ending::kReadToEnd || sent_ < plan_.size || received() < plan_.read_min) {
    return false;
  }
  if (!end_at_) end_at_ = now + plan_.hold;
  if (now < *end_at_) return false;
  done_ = true;
  if (plan_.ending == Ending::kReset) {
    socket_.reset();
  } else {
    socket_.close();
  }
  return true;
}

void Client::end_of_stream() {
  if (verifier_.is_wrong()) return fail(verifier_.diagnose());
  // Accepting and closing at once is how some servers refuse.
  if (plan_.may_be_refused && received() == 0) refused_ = true;
  if (received() < sent_) {
    return fail({FaultKind::kEarlyEnd, received(), sent_ - received(),
                 fmt::format("the end came {} bytes early, at offset {}{}", sent_ - received(),
                             received(), finished_sending_ ? "" : ", before the client's")});
  }
  if (!finished_sending_) {
    return fail({FaultKind::kEarlyEnd, received(), 0,
                 fmt::format("the server ended first, at offset {}", received())});
  }
  done_ = true;
  socket_.close();
}

void Client::fail_errno(int error, const char* during) {
  if (verifier_.is_wrong()) return fail(verifier_.diagnose());
  const std::string why = std::strerror(error);
  if (!connected_) {
    refused_ = true;
    return fail({FaultKind::kRefused, 0, 0, fmt::format("no connection: {}", why)});
  }
  if (plan_.may_be_refused) refused_ = true;
  fail({FaultKind::kReset, received(), sent_ - received(),
        fmt::format("{} at offset {} of {} sent: {}", during, received(), sent_, why)});
}

void Client::fail(Fault fault) {
  done_ = true;
  if (refused_ && plan_.may_be_refused) return socket_.reset();
  switch (fault.kind) {
    case FaultKind::kLost:
    case FaultKind::kEarlyEnd:
    case FaultKind::kHung:
      lost_ = fault.count;
      break;
    case FaultKind::kReset:
      // A client that meant to reset did not want the rest either.
      lost_ = plan_.ending == Ending::kReadToEnd ? fault.count : 0;
      break;
    default:
      break;
  }
  if (!fault_) fault_ = std::move(fault);
  socket_.reset();
}

uint64_t Client::taken() const {
  return socket_.is_open() ? sent_ - std::min(sent_, socket_.unacknowledged()) : sent_;
}

void Client::release(Time now) {
  if (done_) return;
  if (!connected_) return leave();
  plan_.size = sent_;
  plan_.ending = Ending::kReadToEnd;
  plan_.half_close = true;
  plan_.read_delay = Duration{};
  plan_.read_pause = Duration{};
  next_read_ = now;
  finish_sending();
}

void Client::leave() {
  done_ = true;
  socket_.close();
}

void Client::give_up() {
  if (done_) return;
  if (verifier_.is_wrong()) return fail(verifier_.diagnose());
  const uint64_t outstanding = sent_ - received();
  std::string what = "no connection came about";
  if (connected_ && sent_ < plan_.size && outstanding > 0) {
    what = fmt::format("sent {} of {} bytes and got {} back, then nothing moved", sent_, plan_.size,
                       received());
  } else if (connected_ && outstanding > 0) {
    what = fmt::format("{} of {} bytes did not come back", outstanding, sent_);
  } else if (connected_) {
    what = fmt::format("all {} bytes came back, but not the end", sent_);
  }
  fail({FaultKind::kHung, received(), outstanding, what});
}

}  // namespace torture
