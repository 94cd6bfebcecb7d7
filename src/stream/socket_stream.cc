#include "stream/socket_stream.h"

#include <algorithm>

namespace echod {

SocketStream::SocketStream(EventLoop& loop, SocketHandle handle, Session& session,
                           const StreamTimeouts& timeouts)
    : socket_(loop, std::move(handle)), session_(session), timeouts_(timeouts) {}

SocketStream::~SocketStream() { ECHOD_CHECK(receiving_ == nullptr && sending_ == nullptr); }

Deadline SocketStream::earlier_of(Duration timeout) const {
  if (timeout == Duration::zero()) return deadline_;
  return std::min(deadline_, deadline_after(session_.clock.now(), timeout));
}

void SocketStream::count_received(size_t size) {
  uint64_t before = session_.bytes_received;
  session_.count_received(size);
  bool hold = timeouts_.growth_earned && before < kHoldSize && before + size >= kHoldSize &&
              session_.bytes_sent < kTrustedSize;
  if (hold) socket_.hold_receive_buffer(true);
}

void SocketStream::count_sent(size_t size) {
  uint64_t before = session_.bytes_sent;
  session_.count_sent(size);
  bool earned = timeouts_.growth_earned && before < kTrustedSize && before + size >= kTrustedSize;
  if (earned) socket_.hold_receive_buffer(false);
}

Task<> SocketStream::connect(const Endpoint& peer, Deadline deadline) {
  ECHOD_CHECK(sending_ == nullptr);
  Operation operation = Operation::connect(socket_, peer, std::min(deadline, deadline_));
  operation.error = aborted_;
  sending_ = &operation;
  co_await socket_.loop().perform(operation);
  sending_ = nullptr;
  co_await operation.outcome();
}

Task<Chunk> SocketStream::receive() {
  ECHOD_CHECK(receiving_ == nullptr);
  Operation operation = Operation::receive(socket_, earlier_of(timeouts_.idle));
  operation.error = aborted_;
  operation.idle = session_.idle;
  operation.bulk = much_ && timeouts_.growth_earned && session_.bytes_sent >= kTrustedSize;
  receiving_ = &operation;
  co_await socket_.loop().perform(operation);
  receiving_ = nullptr;
  co_await operation.outcome();
  much_ = operation.chunk.size() >= session_.buffers.buffer_size();
  if (operation.chunk) count_received(operation.chunk.size());
  co_return std::move(operation.chunk);
}

Task<> SocketStream::send(Chunk chunk) {
  ECHOD_CHECK(sending_ == nullptr);
  if (!chunk) co_return;
  size_t size = chunk.size();
  Duration stall = timeouts_.stall * static_cast<int64_t>(1 + size / kStallSize);
  const Deadline end = earlier_of(stall);
  Duration pause = kReliefDelay;
  size_t left = size;
  int reliefs = 0;
  while (true) {
    const Deadline until = std::min(end, deadline_after(session_.clock.now(), pause));
    Operation operation = Operation::send(socket_, std::move(chunk), until);
    operation.error = aborted_;
    sending_ = &operation;
    co_await socket_.loop().perform(operation);
    sending_ = nullptr;
    const bool only_slow = operation.error && operation.error->code == Errc::kTimeout &&
                           operation.error->os_error == 0 && until < end;
    if (!only_slow) {
      count_sent(size - operation.chunk.size());
      co_await operation.outcome();
      co_return;
    }
    chunk = std::move(operation.chunk);
    const bool progress = chunk.size() < left;
    left = chunk.size();
    // A few times, until that turns out to have helped: a peer that does not read must not gain
    // much by it.
    if (progress) reliefs = 0;
    if (reliefs < kReliefsMax && socket_.relieve_receive_buffer()) ++reliefs;
    pause *= 2;
  }
}

Task<> SocketStream::finish_sending() {
  if (aborted_) co_await failed(*aborted_);
  socket_.shut_down_sending();
}

void SocketStream::abort(Error reason) noexcept {
  if (!aborted_) aborted_ = reason;
  if (receiving_ != nullptr) socket_.loop().cancel(*receiving_, reason);
  if (sending_ != nullptr) socket_.loop().cancel(*sending_, reason);
}

}  // namespace echod
