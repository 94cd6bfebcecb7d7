#include "stream/socket_stream.h"

#include <algorithm>

#include "net/tcp_info.h"

namespace echod {

SocketStream::SocketStream(EventLoop& loop, SocketHandle handle, Session& session,
                           const StreamTimeouts& timeouts)
    : socket_(loop, std::move(handle)), session_(session) {
  session_.timeouts = &timeouts;
}

SocketStream::~SocketStream() { ECHOD_CHECK(receiving_ == nullptr && sending_ == nullptr); }

Deadline SocketStream::earlier_of(Duration timeout) const {
  if (timeout == Duration::zero()) return deadline_;
  return std::min(deadline_, deadline_after(session_.clock.now(), timeout));
}

void SocketStream::count_received(size_t size) {
  uint64_t before = session_.bytes_received;
  session_.count_received(size);
  bool hold = session_.timeouts->growth_earned && before < kHoldSize &&
              before + size >= kHoldSize && session_.bytes_sent < kTrustedSize;
  if (hold) socket_.hold_receive_buffer(true);
}

void SocketStream::count_sent(size_t size) {
  uint64_t before = session_.bytes_sent;
  session_.count_sent(size);
  bool earned =
      session_.timeouts->growth_earned && before < kTrustedSize && before + size >= kTrustedSize;
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
  Operation operation = Operation::receive(socket_, earlier_of(session_.timeouts->idle));
  operation.error = aborted_;
  operation.ends_on_drain = session_.ends_on_drain;
  operation.bulk = much_ && session_.timeouts->growth_earned && session_.bytes_sent >= kTrustedSize;
  receiving_ = &operation;
  co_await socket_.loop().perform(operation);
  receiving_ = nullptr;
  if (operation.error) co_await failed(*operation.error);
  much_ = operation.chunk.size() >= session_.buffers.buffer_size();
  if (operation.chunk) count_received(operation.chunk.size());
  co_return std::move(operation.chunk);
}

// Most sends end here: they cost no coroutine frame, no operation and no timer.
Task<> SocketStream::send(Chunk chunk) {
  ECHOD_CHECK(sending_ == nullptr);
  const size_t size = chunk.size();
  if (!aborted_) {
    const Result<void> sent = socket_.send_now(chunk, deadline_);
    if (!sent || !chunk) count_sent(size - chunk.size());
    if (!sent) return fail(sent.error());
  }
  if (!chunk) return Task<>::finished();
  return send_waiting(std::move(chunk), size);
}

Task<> SocketStream::fail(Error error) { co_await failed(error); }

// Sends the rest of a chunk of `size` bytes.
Task<> SocketStream::send_waiting(Chunk chunk, size_t size) {
  ECHOD_CHECK(sending_ == nullptr);
  Duration stall = session_.timeouts->stall * static_cast<int64_t>(1 + size / kStallSize);
  Deadline end = earlier_of(stall);
  std::optional<Progress> progress;  // of the peer, once the send has waited for a while
  Duration pause = stall > Duration::zero() ? std::min(kReliefDelay, stall / 4) : kReliefDelay;
  size_t left = chunk.size();
  int reliefs = 0;
  while (true) {
    const Deadline until = std::min(end, deadline_after(session_.clock.now(), pause));
    Operation operation = Operation::send(socket_, std::move(chunk), until);
    operation.error = aborted_;
    sending_ = &operation;
    co_await socket_.loop().perform(operation);
    sending_ = nullptr;
    const bool late = operation.error && operation.error->code == Errc::kTimeout &&
                      operation.error->os_error == 0;
    const bool stalled = late && until == end;
    const bool goes_on = stalled && end < deadline_ && progress && reads_fast_enough(*progress);
    if (!late || (stalled && !goes_on)) {
      count_sent(size - operation.chunk.size());
      co_await operation.outcome();
      co_return;
    }
    chunk = std::move(operation.chunk);
    if (goes_on) {
      end = earlier_of(stall);
      progress = peer_progress();
      continue;
    }
    if (!progress) progress = peer_progress();
    const bool handed_over = chunk.size() < left;
    left = chunk.size();
    // Only a few times without progress: a peer that does not read must not gain much by it.
    if (handed_over) reliefs = 0;
    if (reliefs < kReliefsMax && socket_.relieve_receive_buffer()) ++reliefs;
    pause *= 2;
  }
}

std::optional<SocketStream::Progress> SocketStream::peer_progress() const {
  const int fd = socket_.handle().fd();
  if (fd < 0) return std::nullopt;
  const std::optional<uint64_t> acknowledged = acknowledged_bytes(fd);
  if (!acknowledged) return std::nullopt;
  return Progress{.acknowledged = *acknowledged, .at = session_.clock.now()};
}

// Whether the peer has taken kStallSize in each stall timeout since `since`. Bytes handed to the
// kernel are no measure: its buffer can hold minutes of data for a slow peer, and accepts no more
// until a third of it is free.
bool SocketStream::reads_fast_enough(const Progress& since) const {
  const std::optional<Progress> now = peer_progress();
  if (!now) return false;
  const auto taken = static_cast<double>(now->acknowledged - since.acknowledged);
  const auto waited = std::chrono::duration<double>(now->at - since.at);
  return taken * std::chrono::duration<double>(session_.timeouts->stall).count() >=
         static_cast<double>(kStallSize) * waited.count();
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
