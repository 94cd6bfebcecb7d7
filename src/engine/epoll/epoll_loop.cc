// One round: wait for events, end operations that timed out or were aborted, retry the operations
// whose sockets became ready, then process the queue of operations that used up their budget in the
// last round.
#include "engine/epoll/epoll_loop.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "engine/loop/send_chunk.h"
#include "engine/loop/socket.h"
#include "net/kernel.h"

namespace echod {
namespace {

constexpr uint64_t kWakerEvent = std::numeric_limits<uint64_t>::max();

uint64_t event_data(uint32_t slot, uint32_t generation) {
  return uint64_t{generation} << 32 | slot;
}

}  // namespace

EpollLoop::EpollLoop(const BufferPool::Options& buffers, Duration spin_max)
    : now_(kernel().now()),
      waker_(kernel()),
      buffers_(buffers),
      timers_(now_),
      spinner_(spin_max) {}

EpollLoop::~EpollLoop() {
  ECHOD_CHECK(ready_.empty());
  ECHOD_CHECK(free_slots_.size() == slots_.size());
}

Result<std::unique_ptr<EventLoop>> EpollLoop::create(const BufferPool::Options& buffers,
                                                     Duration spin_max) {
  std::unique_ptr<EpollLoop> loop(new EpollLoop(buffers, spin_max));
  loop->epoll_ = Fd(loop->kernel().epoll_create1(EPOLL_CLOEXEC));
  if (!loop->epoll_.valid()) return std::unexpected(os_failure(errno));
  if (Result<void> opened = loop->waker_.open(); !opened) return std::unexpected(opened.error());
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kWakerEvent}};
  if (loop->kernel().epoll_ctl(loop->epoll_.get(), EPOLL_CTL_ADD, loop->waker_.fd(), &event) != 0) {
    return std::unexpected(os_failure(errno));
  }
  return loop;
}

Time EpollLoop::precise_now() const { return kernel().now(); }

void EpollLoop::add_to(WorkerTotals& totals) const {
  add_cells(totals.loops, cells_);
  add_buffers(totals, buffers_);
  add_buffers(totals, bulk_);
}

Result<void> EpollLoop::attach(Socket& socket) {
  if (free_slots_.empty()) {
    if (slots_.size() == slots_.capacity()) slots_.reserve(2 * slots_.size() + 8);
    free_slots_.reserve(slots_.capacity());  // detach() must not allocate
    free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  uint32_t index = free_slots_.back();
  Slot& slot = slots_[index];
  // Edge-triggered, for both directions at once: one system call in a connection's life. Adding
  // reports a socket that is already ready, so nothing needs to be tried before the first event.
  epoll_event event{.events = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                    .data = {.u64 = event_data(index, slot.generation)}};
  if (kernel().epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket.fd(), &event) != 0) {
    return std::unexpected(os_failure(errno));
  }
  free_slots_.pop_back();
  slot.readable = false;
  slot.writable = true;
  slot.ask_again = false;
  socket.set_slot(index);
  return {};
}

void EpollLoop::detach(Socket& socket) noexcept {
  Slot& slot = slots_[socket.slot()];
  ECHOD_CHECK(slot.receiving == nullptr && slot.sending == nullptr);
  // The caller closes the descriptor, which removes it from the epoll set, unless another process
  // has it too.
  if (socket.shared()) kernel().epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket.fd(), nullptr);
  ++slot.generation;
  free_slots_.push_back(socket.slot());
}

bool EpollLoop::start(Operation& operation) {
  ECHOD_CHECK(operation.state == Operation::State::kNew);
  if (ends(phase_, operation)) {
    operation.fail(end_of(phase_));
  } else if (operation.kind != Operation::Kind::kSleep && operation.deadline <= now_) {
    operation.fail(Errc::kTimeout);
  } else if (budget_ == 0) {
    ready_.push(operation);
    return false;
  } else {
    if (!try_now(operation)) return false;
  }
  operation.state = Operation::State::kComplete;
  return true;
}

Result<void> EpollLoop::send_now(Socket& socket, Chunk& chunk, Deadline deadline) {
  Slot& slot = slots_[socket.slot()];
  if (phase_ == Phase::kAborting || deadline <= now_ || budget_ == 0 || !slot.writable) return {};
  --budget_;
  const int os_error = send_chunk(kernel(), socket.fd(), chunk);
  if (os_error == 0) return {};
  if (!would_block(os_error)) return std::unexpected(os_failure(os_error, During::kSend));
  slot.writable = false;
  return {};
}

void EpollLoop::cancel(Operation& operation, Error reason) {
  if (operation.state == Operation::State::kParked) {
    unpark(operation);
    operation.error = reason;
    ready_.push(operation);
  } else if (operation.state == Operation::State::kReady && !operation.error) {
    operation.error = reason;
  }
}

// Tries the operation, and parks it if it would block. Returns whether it is complete.
bool EpollLoop::try_now(Operation& operation) {
  if (operation.kind == Operation::Kind::kSleep) {
    if (operation.deadline <= now_) {
      ready_.push(operation);  // a yield: after the ready operations and the next poll
    } else {
      park(operation);
    }
    return false;
  }
  return try_on(operation, slots_[operation.socket->slot()]);
}

bool EpollLoop::try_on(Operation& operation, Slot& slot) {
  bool done = false;
  switch (operation.kind) {
    case Operation::Kind::kAccept:
      done = try_accept(operation, slot);
      break;
    case Operation::Kind::kConnect:
      done = try_connect(operation, slot);
      break;
    case Operation::Kind::kReceive:
      done = try_receive(operation, slot);
      break;
    case Operation::Kind::kSend:
      done = try_send(operation, slot);
      break;
    case Operation::Kind::kSleep:
      break;
  }
  if (!done) park_on(operation, slot);
  return done;
}

bool EpollLoop::try_accept(Operation& operation, Slot& slot) {
  if (!slot.readable) return false;
  --budget_;
  operation.arrival->size = sizeof(operation.arrival->storage);
  auto* address = reinterpret_cast<sockaddr*>(&operation.arrival->storage);
  int fd;
  do {
    fd = kernel().accept4(operation.socket->fd(), address, &operation.arrival->size, SOCK_CLOEXEC);
  } while (fd < 0 && errno == EINTR);
  if (fd >= 0) {
    operation.arrival->socket = Fd(fd);
    return true;
  }
  if (would_block(errno)) {
    slot.readable = false;
    return false;
  }
  operation.fail_with_errno(errno);
  return true;
}

// A repeated connect(2) reports the progress. A wake-up does not imply completion: an unconnected
// socket counts as writable.
bool EpollLoop::try_connect(Operation& operation, Slot& slot) {
  --budget_;
  if (kernel().connect(operation.socket->fd(), operation.to->get(), operation.to->size()) == 0 ||
      errno == EISCONN) {
    slot.writable = true;
    return true;
  }
  if (errno == EINPROGRESS || errno == EALREADY || errno == EINTR) return false;
  operation.fail_with_errno(errno);
  return true;
}

bool EpollLoop::try_receive(Operation& operation, Slot& slot) {
  if (!slot.readable && !slot.ask_again) return false;
  --budget_;
  Result<Chunk> chunk = operation.bulk ? bulk_.lease() : buffers_.lease();
  if (!chunk && operation.bulk) chunk = buffers_.lease();
  if (!chunk) {
    operation.fail(Errc::kNoMemory);
    return true;
  }
  std::span<std::byte> room = chunk->spare();
  ssize_t size;
  do {
    size = kernel().recv(operation.socket->fd(), room.data(), room.size(), MSG_DONTWAIT);
  } while (size < 0 && errno == EINTR);
  if (size < 0) {
    if (would_block(errno)) {
      slot.readable = false;
      // After a hang-up the kernel returns bytes, the end or an error, never EAGAIN. So this was
      // urgent data, which has been read; wait for the next event.
      slot.ask_again = false;
      return false;
    }
    operation.fail_with_errno(errno);
    return true;
  }
  // A short read emptied the queue, so new bytes raise a new event. Exceptions that came with the
  // previous event: the peer's FIN, and bytes after urgent data, where a read stops short.
  if (static_cast<size_t>(size) < room.size()) slot.readable = false;
  chunk->grow(static_cast<size_t>(size));
  if (size > 0) operation.chunk = std::move(*chunk);
  return true;
}

bool EpollLoop::try_send(Operation& operation, Slot& slot) {
  if (!slot.writable) return false;
  --budget_;
  const int os_error = send_chunk(kernel(), operation.socket->fd(), operation.chunk);
  if (would_block(os_error)) {
    slot.writable = false;
    return false;
  }
  if (os_error != 0) operation.fail_with_errno(os_error);
  return true;
}

void EpollLoop::park(Operation& operation) {
  operation.state = Operation::State::kParked;
  timers_.add(operation, operation.deadline);
}

void EpollLoop::park_on(Operation& operation, Slot& slot) {
  park(operation);
  Operation*& place = operation.writes() ? slot.sending : slot.receiving;
  ECHOD_CHECK(place == nullptr);  // one operation per direction
  place = &operation;
}

// Undoes park(), and cancels the timer unless the timer ends the operation.
void EpollLoop::unpark(Operation& operation) {
  if (operation.linked()) timers_.remove(operation);
  if (operation.kind == Operation::Kind::kSleep) return;
  Slot& slot = slots_[operation.socket->slot()];
  (operation.writes() ? slot.sending : slot.receiving) = nullptr;
}

void EpollLoop::complete(Operation& operation) {
  operation.state = Operation::State::kComplete;
  budget_ = kOperationsPerWakeUp;
  operation.waiter.resume();
}

int EpollLoop::poll(int wait_ms) {
  int count =
      kernel().epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), wait_ms);
  ECHOD_CHECK(count >= 0 || errno == EINTR);
  return std::max(count, 0);
}

// Waits for events until the next timer or `latest`; does not wait if operations are ready. Returns
// the number of events.
int EpollLoop::wait(Deadline latest) {
  if (!ready_.empty()) return poll(0);
  Time next = timers_.next_expiry();
  Time start = kernel().now();
  waits_since_ = start;
  if (spinner_.worthwhile(start)) {
    const Time begin = start;
    Time end = std::min({begin + spinner_.longest(), next, latest});
    int count = 0;
    while (count == 0 && start < end) {
      count = poll(0);
      start = kernel().now();
    }
    spinner_.polled(begin, start, count > 0);
    if (count > 0) return count;
  }
  int count = sleep(start, next, latest);
  if (count > 0 && spinner_.enabled()) spinner_.slept(kernel().now() - start);
  return count;
}

// Sleeps from `now` until the timer `next`, in whole milliseconds like the timing wheel, or
// precisely until `latest`. If the system call for that is missing (before Linux 5.11) or
// forbidden, it sleeps too short rather than too long.
int EpollLoop::sleep(Time now, Time next, Deadline latest) {
  if (latest >= next) {
    if (next == kNever) return poll(-1);
    auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - now);
    return poll(
        static_cast<int>(std::clamp<int64_t>(wait.count(), 0, std::numeric_limits<int>::max())));
  }
  constexpr int64_t kSecond = 1'000'000'000;
  Duration wait = std::max(latest - now, Duration::zero());
  timespec timeout{.tv_sec = wait.count() / kSecond, .tv_nsec = wait.count() % kSecond};
  int count = kernel().epoll_pwait2(epoll_.get(), events_.data(), static_cast<int>(events_.size()),
                                    &timeout);
  if (count < 0 && (errno == ENOSYS || errno == EPERM)) {
    auto wait_ms = std::chrono::floor<std::chrono::milliseconds>(wait).count();
    return poll(static_cast<int>(std::min<int64_t>(wait_ms, 1000)));
  }
  ECHOD_CHECK(count >= 0 || errno == EINTR);
  return std::max(count, 0);
}

void EpollLoop::run_once_by(Deadline latest) {
  const Time begin = now_;
  waits_since_ = kNever;
  int count = wait(latest);
  heartbeat_.beat();
  now_ = kernel().now();
  cells_.rounds.record(std::min(waits_since_, now_) - begin);
  budget_ = kOperationsPerWakeUp;
  enter_requested_phase();
  expire_timers();
  for (int i = 0; i < count; ++i) dispatch(events_[static_cast<size_t>(i)]);
  process_ready();
}

void EpollLoop::enter_requested_phase() {
  Phase requested = waker_.requested();
  if (requested == phase_) return;
  phase_ = requested;
  timers_.take_all([this](TimerNode& node) {
    auto& operation = static_cast<Operation&>(node);
    if (ends(phase_, operation)) {
      unpark(operation);
      operation.fail(end_of(phase_));
      ready_.push(operation);
    } else {
      timers_.add(operation, operation.deadline);
    }
  });
}

void EpollLoop::expire_timers() {
  timers_.advance(now_, [this](TimerNode& node) {
    auto& operation = static_cast<Operation&>(node);
    unpark(operation);
    if (operation.kind != Operation::Kind::kSleep) operation.fail(Errc::kTimeout);
    ready_.push(operation);
  });
}

void EpollLoop::dispatch(const epoll_event& event) {
  if (event.data.u64 == kWakerEvent) {
    waker_.clear();
    return;
  }
  auto slot_index = static_cast<uint32_t>(event.data.u64);
  auto generation = static_cast<uint32_t>(event.data.u64 >> 32);
  Slot& slot = slots_[slot_index];
  if (slot.generation != generation) return;  // for a socket closed earlier in this round
  if (spinner_.enabled() && slot.receiving != nullptr) {
    spinner_.became_ready(slot.receiving->socket->fd());
  }
  bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
  if (broken || (event.events & (EPOLLIN | EPOLLRDHUP)) != 0) slot.readable = true;
  if (broken || (event.events & (EPOLLRDHUP | EPOLLPRI)) != 0) slot.ask_again = true;
  if (broken || (event.events & EPOLLOUT) != 0) slot.writable = true;
  const bool sends = slot.sending != nullptr;
  if (slot.receiving != nullptr) wake_parked(slot_index, generation, &Slot::receiving);
  if (sends) wake_parked(slot_index, generation, &Slot::sending);
}

// Retries a parked operation. Resuming its waiter may close the socket, so the slot is looked up
// again by index and generation.
void EpollLoop::wake_parked(uint32_t slot_index, uint32_t generation, Operation* Slot::* parked) {
  Slot& slot = slots_[slot_index];
  Operation* operation = slot.*parked;
  if (slot.generation != generation || operation == nullptr) return;
  slot.*parked = nullptr;
  timers_.remove(*operation);
  budget_ = kOperationsPerWakeUp;
  if (try_on(*operation, slot)) complete(*operation);
}

void EpollLoop::process_ready() {
  for (ReadyQueue ready = ready_.take(); !ready.empty();) {
    Operation& operation = ready.pop();
    budget_ = kOperationsPerWakeUp;
    bool sleep_over = operation.kind == Operation::Kind::kSleep && operation.deadline <= now_;
    if (ends(phase_, operation) && !operation.error) operation.fail(end_of(phase_));
    if (operation.error || sleep_over || try_now(operation)) complete(operation);
  }
}

}  // namespace echod
