// Deadlines become socket timeouts (SO_RCVTIMEO, SO_SNDTIMEO), which cost nothing while they do not
// change. Another thread interrupts a sleeping call by calling shutdown(2) on its socket.
#include "engine/blocking/blocking_loop.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "engine/loop/socket.h"
#include "net/kernel.h"

namespace echod {
namespace {

bool would_block(int os_error) { return os_error == EAGAIN || os_error == EWOULDBLOCK; }

// Rounds up, so that a wait never ends before its deadline.
int64_t ms_until(Deadline deadline, Time now) {
  if (deadline == kNever) return -1;
  auto wait = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
  return std::clamp<int64_t>(wait, 0, std::numeric_limits<int>::max());
}

}  // namespace

BlockingLoop::BlockingLoop(const BufferPool::Options& buffers, size_t receive_size_max)
    : buffers_(buffers), receive_size_max_(std::min(receive_size_max, buffers_.buffer_size())) {}

BlockingLoop::~BlockingLoop() { ECHOD_CHECK(pending_.empty() && sockets_.empty()); }

Result<void> BlockingLoop::attach(Socket& socket) {
  std::lock_guard lock(mutex_);
  sockets_.reserve(sockets_.size() + 1);
  listeners_.reserve(sockets_.size() + 1);
  reserve_operations(2 * (sockets_.size() + 1));  // each can receive and send concurrently
  sockets_.push_back({.fd = socket.fd(), .shared = socket.shared()});
  return {};
}

// Throws std::bad_alloc if out of memory. A round itself allocates nothing, since it could not
// report the failure.
void BlockingLoop::reserve_operations(size_t count) {
  pending_.reserve(count);
  finished_.reserve(count);
  waiting_.reserve(count);
  waits_.reserve(count);
  idle_sockets_.reserve(count);
}

void BlockingLoop::detach(Socket& socket) noexcept {
  std::lock_guard lock(mutex_);
  std::erase_if(sockets_, [&](const Attached& attached) { return attached.fd == socket.fd(); });
  std::erase(idle_sockets_, socket.fd());
  std::erase(listeners_, socket.fd());
}

void BlockingLoop::request(Phase phase) {
  std::lock_guard lock(mutex_);
  if (phase <= requested_) return;
  requested_ = phase;
  // A sleeping call returns with the end of the stream, which recognise_interruption() detects. A
  // drain only shuts down reading, so that a response in progress is not cut.
  if (phase == Phase::kAborting) {
    for (const Attached& socket : sockets_) {
      if (!socket.shared) kernel().shutdown(socket.fd, SHUT_RDWR);
    }
  } else if (phase == Phase::kDraining) {
    for (int socket : idle_sockets_) kernel().shutdown(socket, SHUT_RD);
    // Includes listeners without a pending accept: new clients are refused, not left in the
    // backlog.
    for (int listener : listeners_) kernel().shutdown(listener, SHUT_RD);
  }
  interrupted_.notify_all();
}

bool BlockingLoop::start(Operation& operation) {
  ECHOD_CHECK(operation.state == Operation::State::kNew);
  if (pending_.size() == pending_.capacity()) {
    std::lock_guard lock(mutex_);
    reserve_operations(pending_.size() + 1);
  }
  operation.state = Operation::State::kParked;
  pending_.push_back(&operation);
  const bool is_listener =
      operation.kind == Operation::Kind::kAccept && !operation.socket->shared();
  if (is_listener) remember_listener(operation.socket->fd());
  return false;
}

void BlockingLoop::remember_listener(int socket) {
  std::lock_guard lock(mutex_);
  if (std::ranges::find(listeners_, socket) == listeners_.end()) listeners_.push_back(socket);
}

void BlockingLoop::cancel(Operation& operation, Error reason) {
  if (operation.state == Operation::State::kParked && !operation.error) operation.error = reason;
}

void BlockingLoop::complete(Operation& operation) {
  std::erase(pending_, &operation);
  operation.state = Operation::State::kComplete;
  operation.waiter.resume();
}

// Completes the operations that need no system call: those cancelled, aborted or timed out.
// Resuming a waiter may start others, so the list is made first. Returns whether there were any.
bool BlockingLoop::take_ended() {
  finished_.clear();
  Time now = clock_.now();
  for (Operation* operation : pending_) {
    bool late = operation->deadline <= now;
    if (operation->error) {
      finished_.push_back(operation);
    } else if (ends(phase_, *operation)) {
      operation->fail(end_of(phase_));
      finished_.push_back(operation);
    } else if (late) {
      if (operation->kind != Operation::Kind::kSleep) operation->fail(Errc::kTimeout);
      finished_.push_back(operation);
    }
  }
  if (finished_.empty()) return false;
  stop_waiting();
  complete_finished();
  return true;
}

void BlockingLoop::run_once_by(Deadline) {
  ECHOD_CHECK(!pending_.empty());
  const Heartbeat::Turn work(heartbeat_);
  {
    std::lock_guard lock(mutex_);
    phase_ = requested_;
    for (const Operation* operation : pending_) {
      bool idle = operation->ends_on_drain && operation->kind != Operation::Kind::kSleep;
      if (idle && !operation->socket->shared()) idle_sockets_.push_back(operation->socket->fd());
    }
  }
  if (!take_ended()) {
    const Operation& first = *pending_.front();
    const bool is_polled = first.kind != Operation::Kind::kSleep && first.socket->shared();
    if (pending_.size() == 1 && !is_polled) {
      perform_alone(*pending_.front());
    } else {
      perform_ready();
    }
  }
  stop_waiting();
}

// From here on, request() does not touch the sockets of idle operations: they may be in use.
void BlockingLoop::stop_waiting() {
  std::lock_guard lock(mutex_);
  phase_ = requested_;
  idle_sockets_.clear();
}

void BlockingLoop::perform_alone(Operation& operation) {
  if (operation.kind == Operation::Kind::kSleep) {
    wait_until(operation.deadline);
    return;  // the next round ends it
  }
  set_timeout(operation);
  bool done;
  {
    const Heartbeat::Turn rest(heartbeat_);
    done = try_once(operation, 0);
  }
  stop_waiting();
  if (!done) return;
  recognise_interruption(operation);
  complete(operation);
}

// A call interrupted by request() looks like the end of the stream, a broken pipe or an invalid
// listener. An accepted client is still valid, and so are received bytes, except the first bytes of
// a new request, since the socket will return no more.
void BlockingLoop::recognise_interruption(Operation& operation) {
  if (!ends(phase_, operation)) return;
  if (operation.kind == Operation::Kind::kAccept && operation.arrival->socket.valid()) return;
  bool receive = operation.kind == Operation::Kind::kReceive;
  bool cut = receive && (operation.ends_on_drain || !operation.chunk);
  if (!operation.error && !cut) return;
  if (cut) operation.chunk = Chunk();
  operation.fail(end_of(phase_));
}

int BlockingLoop::poll_waits(int wait_ms) {
  const Heartbeat::Turn rest(heartbeat_);
  return kernel().poll(waits_.data(), waits_.size(), wait_ms);
}

void BlockingLoop::perform_ready() {
  waits_.clear();
  waiting_.clear();
  Deadline first = kNever;
  bool shared = false;
  for (Operation* operation : pending_) {
    first = std::min(first, operation->deadline);
    if (operation->kind == Operation::Kind::kSleep) continue;
    shared = shared || operation->socket->shared();
    short events = operation->writes() ? POLLOUT : POLLIN;
    waits_.push_back({.fd = operation->socket->fd(), .events = events, .revents = 0});
    waiting_.push_back(operation);
  }
  if (waits_.empty()) {
    wait_until(first);
    return;
  }
  int wait_ms = static_cast<int>(ms_until(first, clock_.now()));
  if (shared && (wait_ms < 0 || wait_ms > kSharedPollMs)) wait_ms = kSharedPollMs;
  if (poll_waits(wait_ms) <= 0) return;
  finished_.clear();
  for (size_t i = 0; i < waits_.size(); ++i) {
    if (waits_[i].revents == 0 || !try_once(*waiting_[i], MSG_DONTWAIT)) continue;
    waiting_[i]->state = Operation::State::kComplete;  // resuming another must not cancel it now
    finished_.push_back(waiting_[i]);
  }
  stop_waiting();
  for (Operation* operation : finished_) recognise_interruption(*operation);
  complete_finished();
}

// By index: a resumed coroutine may start operations, and the list may grow.
void BlockingLoop::complete_finished() {
  for (size_t i = 0; i < finished_.size(); ++i) complete(*finished_[i]);
}

void BlockingLoop::wait_until(Deadline deadline) {
  const Heartbeat::Turn rest(heartbeat_);
  std::unique_lock lock(mutex_);
  auto news = [this] { return requested_ != phase_; };
  if (deadline == kNever) {
    interrupted_.wait(lock, news);
  } else {
    interrupted_.wait_until(lock, deadline, news);
  }
}

// Sets the socket's timeout from the operation's deadline. The kernel's granularity is its timer
// tick, so a timeout that hardly changed is not set again.
void BlockingLoop::set_timeout(const Operation& operation) {
  if (operation.kind == Operation::Kind::kAccept) return;
  bool receiving = operation.kind == Operation::Kind::kReceive;
  int64_t wanted_ms = ms_until(operation.deadline, clock_.now());
  wanted_ms = wanted_ms < 0 ? 0 : std::max<int64_t>(wanted_ms, 1);  // 0: no timeout, socket(7)
  auto socket = std::ranges::find(sockets_, operation.socket->fd(), &Attached::fd);
  uint32_t& current_ms = receiving ? socket->receive_timeout_ms : socket->send_timeout_ms;
  if (wanted_ms == current_ms) return;
  timeval timeout{.tv_sec = wanted_ms / 1000, .tv_usec = wanted_ms % 1000 * 1000};
  kernel().setsockopt(operation.socket->fd(), SOL_SOCKET, receiving ? SO_RCVTIMEO : SO_SNDTIMEO,
                      &timeout, sizeof(timeout));
  current_ms = static_cast<uint32_t>(wanted_ms);
}

// Makes the operation's system call. Returns whether the operation is complete; if not, it must
// wait longer.
bool BlockingLoop::try_once(Operation& operation, int flags) {
  switch (operation.kind) {
    case Operation::Kind::kAccept:
      return try_accept(operation);
    case Operation::Kind::kConnect:
      return try_connect(operation, flags);
    case Operation::Kind::kReceive:
      return try_receive(operation, flags);
    case Operation::Kind::kSend:
      return try_send(operation, flags);
    case Operation::Kind::kSleep:
      break;
  }
  return false;
}

bool BlockingLoop::try_accept(Operation& operation) {
  operation.arrival->size = sizeof(operation.arrival->storage);
  int fd = kernel().accept4(operation.socket->fd(),
                            reinterpret_cast<sockaddr*>(&operation.arrival->storage),
                            &operation.arrival->size, SOCK_CLOEXEC);
  if (fd >= 0) {
    operation.arrival->socket = Fd(fd);
  } else if (would_block(errno) || errno == EINTR) {
    return false;
  } else {
    operation.fail_with_errno(errno);
  }
  return true;
}

// A repeated connect(2) reports the progress. There is no flag for a single non-blocking call, so
// O_NONBLOCK is set around it.
bool BlockingLoop::try_connect(Operation& operation, int flags) {
  int fd = operation.socket->fd();
  int socket_flags = kernel().fcntl(fd, F_GETFL, 0);
  bool wait = (flags & MSG_DONTWAIT) == 0;
  if (!wait) kernel().fcntl(fd, F_SETFL, socket_flags | O_NONBLOCK);
  int connected = kernel().connect(fd, operation.to->get(), operation.to->size());
  int os_error = errno;
  if (!wait) kernel().fcntl(fd, F_SETFL, socket_flags);
  if (connected == 0 || os_error == EISCONN) return true;
  bool under_way = os_error == EINPROGRESS || os_error == EALREADY || os_error == EINTR;
  if (under_way || would_block(os_error)) return false;
  operation.fail_with_errno(os_error);
  return true;
}

bool BlockingLoop::try_receive(Operation& operation, int flags) {
  Result<Chunk> chunk = buffers_.lease();
  if (!chunk) {
    operation.fail(Errc::kNoMemory);
    return true;
  }
  std::span<std::byte> room = chunk->spare();
  ssize_t size = kernel().recv(operation.socket->fd(), room.data(),
                               std::min(room.size(), receive_size_max_), flags);
  if (size < 0) {
    if (would_block(errno) || errno == EINTR) return false;
    operation.fail_with_errno(errno);
    return true;
  }
  chunk->grow(static_cast<size_t>(size));
  if (size > 0) operation.chunk = std::move(*chunk);
  return true;
}

bool BlockingLoop::try_send(Operation& operation, int flags) {
  ssize_t sent = kernel().send(operation.socket->fd(), operation.chunk.data(),
                               operation.chunk.size(), flags | MSG_NOSIGNAL);
  if (sent >= 0) {
    operation.chunk.drop_front(static_cast<size_t>(sent));
    return !operation.chunk;
  }
  if (would_block(errno) || errno == EINTR) return false;
  operation.fail_with_errno(errno);
  return true;
}

}  // namespace echod
