// One round: lend buffers, submit the prepared requests and wait, process the completions and
// resume their waiters, end operations that timed out or were aborted, then process the queue of
// operations to retry.
#include "engine/uring/uring_loop.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "engine/loop/send_chunk.h"
#include "engine/loop/socket.h"
#include "net/kernel.h"

namespace echod {
namespace {

constexpr UringRing::Size kFirstRing{.submissions = 1024, .completions = 16384};

constexpr Duration kLongestWait = std::chrono::hours(1);

// Tells the CPU that this is a spin loop.
void pause_processor() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

UringLoop::UringLoop(const BufferPool::Options& buffers, Duration spin_max, size_t direct_max)
    : now_(kernel().now()),
      waker_(kernel()),
      buffers_(buffers),
      timers_(now_),
      spinner_(spin_max),
      direct_max_(direct_max) {}

UringLoop::~UringLoop() { ECHOD_CHECK(ready_.empty() && starved_.empty()); }

Result<std::unique_ptr<EventLoop>> UringLoop::create(const BufferPool::Options& buffers,
                                                     Duration spin_max, size_t direct_max) {
  std::unique_ptr<UringLoop> loop(new UringLoop(buffers, spin_max, direct_max));
  if (Result<void> opened = loop->open(); !opened) return std::unexpected(opened.error());
  return loop;
}

Result<void> UringLoop::open() {
  rings_.push_back(std::make_unique<UringRing>(kernel(), buffers_, kFirstRing));
  if (Result<void> opened = rings_.front()->open(); !opened) return opened;
  if (Result<void> opened = waker_.open(); !opened) return opened;
  watch_waker();
  if (direct_max_ == 0) return {};
  return measure_descriptors();
}

Time UringLoop::precise_now() const { return kernel().now(); }

void UringLoop::add_to(WorkerTotals& totals) const {
  add_cells(totals.loops, cells_);
  add_buffers(totals, buffers_);
  add_buffers(totals, bulk_);
}

Result<void> UringLoop::attach(Socket&) { return {}; }

void UringLoop::detach(Socket& socket) noexcept {
  if (!socket.handle().is_direct()) last_descriptor_ = -1;
}

bool UringLoop::start(Operation& operation) {
  ECHOD_CHECK(operation.state == Operation::State::kNew);
  if (ends(phase_, operation)) {
    operation.fail(end_of(phase_));
  } else if (operation.kind != Operation::Kind::kSleep && operation.deadline <= now_) {
    operation.fail(Errc::kTimeout);
  } else if (operation.kind == Operation::Kind::kSleep && operation.deadline <= now_) {
    ready_.push(operation);  // a yield: after the ready operations and the next poll
    return false;
  } else {
    submit(operation);
    park(operation);
    return false;
  }
  operation.state = Operation::State::kComplete;
  return true;
}

// A send that need not wait is one system call, and its bytes are still in the cache. As a request
// it would cost a completion and a round of the loop, and the kernel would run all receives of a
// round before the first send. The ring sends what the kernel does not take now.
Result<void> UringLoop::send_now(Socket& socket, Chunk& chunk, Deadline deadline) {
  if (phase_ == Phase::kAborting || deadline <= now_ || budget_ == 0) return {};
  if (socket.handle().is_direct()) return {};  // system calls cannot use it
  --budget_;
  const int os_error = send_chunk(kernel(), socket.fd(), chunk);
  if (os_error == 0 || would_block(os_error)) return {};
  return std::unexpected(os_failure(os_error, During::kSend));
}

void UringLoop::cancel(Operation& operation, Error reason) {
  if (operation.state == Operation::State::kParked) {
    timers_.remove(operation);
    operation.error = reason;
    cancel_in_kernel(operation);
  } else if (operation.state == Operation::State::kReady && !operation.error) {
    operation.error = reason;
  }
}

void UringLoop::submit(Operation& operation) {
  if (operation.kind == Operation::Kind::kSleep) return;  // only in the timer wheel
  if (operation.kind == Operation::Kind::kAccept) {
    prepare_accept(operation);
    return;
  }
  const SocketHandle& handle = operation.socket->handle();
  if (handle.is_direct()) operation.bulk = false;  // system calls cannot use it
  int fd = handle.number();
  io_uring_sqe* sqe = rings_[handle.ring()]->next_sqe();
  if (operation.kind == Operation::Kind::kConnect) {
    io_uring_prep_connect(sqe, fd, operation.to->get(), operation.to->size());
  } else if (operation.kind == Operation::Kind::kReceive && operation.bulk) {
    io_uring_prep_poll_add(sqe, fd, POLLIN);
  } else if (operation.kind == Operation::Kind::kReceive) {
    io_uring_prep_recv(sqe, fd, nullptr, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    if (operation.socket->emptied()) sqe->ioprio |= IORING_RECVSEND_POLL_FIRST;
    sqe->buf_group = LentBuffers::kGroup;
  } else {
    // MSG_WAITALL: the kernel itself continues after a short write.
    io_uring_prep_send(sqe, fd, operation.chunk.data(), operation.chunk.size(),
                       MSG_WAITALL | MSG_NOSIGNAL);
  }
  if (handle.is_direct()) sqe->flags |= IOSQE_FIXED_FILE;
  io_uring_sqe_set_data(sqe, &operation);
}

void UringLoop::prepare_accept(Operation& operation) {
  Arrival& arrival = *operation.arrival;
  arrival.ring = ring_for_accept();
  arrival.size = sizeof(arrival.storage);
  io_uring_sqe* sqe = rings_[arrival.ring]->next_sqe();
  io_uring_prep_accept(sqe, operation.socket->fd(), reinterpret_cast<sockaddr*>(&arrival.storage),
                       &arrival.size, arrival.ring == 0 ? SOCK_CLOEXEC : 0);
  // Set directly: the function of liburing 2.3 treats "any slot" as slot 0.
  if (arrival.ring > 0) sqe->file_index = IORING_FILE_INDEX_ALLOC;
  io_uring_sqe_set_data(sqe, &operation);
}

void UringLoop::watch_waker() {
  io_uring_sqe* sqe = rings_.front()->next_sqe();
  io_uring_prep_poll_add(sqe, waker_.fd(), POLLIN);
  io_uring_sqe_set_data64(sqe, kWaker);
}

void UringLoop::park(Operation& operation) {
  operation.state = Operation::State::kParked;
  timers_.add(operation, operation.deadline);
}

// Ends the operation, with the error already set: a sleep when the ready queue is processed next,
// anything else when the kernel has confirmed that it no longer touches the operation's memory.
void UringLoop::cancel_in_kernel(Operation& operation) {
  if (operation.kind == Operation::Kind::kSleep) {
    ready_.push(operation);
    return;
  }
  operation.state = Operation::State::kCancelled;
  bool accept = operation.kind == Operation::Kind::kAccept;
  uint16_t ring = accept ? operation.arrival->ring : operation.socket->handle().ring();
  io_uring_sqe* sqe = rings_[ring]->next_sqe();
  io_uring_prep_cancel(sqe, &operation, 0);
  io_uring_sqe_set_data64(sqe, kNobody);
}

void UringLoop::complete(Operation& operation) {
  operation.state = Operation::State::kComplete;
  budget_ = kOperationsPerWakeUp;
  operation.waiter.resume();
}

// Busy-polls for completions until `end`: reads only memory until the kernel signals work for this
// thread. Returns whether there are any.
bool UringLoop::busy_poll(Time end) {
  constexpr int kLooksPerClock = 16;
  while (io_uring_cq_ready(&first()) == 0) {
    for (int i = 0; i < kLooksPerClock; ++i) {
      if (work_waits()) {
        kernel().uring_get_events(&first());
        break;
      }
      pause_processor();
    }
    if (io_uring_cq_ready(&first()) == 0 && kernel().now() >= end) break;
  }
  return io_uring_cq_ready(&first()) > 0;
}

bool UringLoop::work_waits() {
  return (std::atomic_ref(*first().sq.kflags).load(std::memory_order_relaxed) &
          IORING_SQ_TASKRUN) != 0;
}

// Submits the prepared requests and waits for a completion, until the next timer or `latest`.
// Without `sleep` it does not wait.
void UringLoop::wait(bool sleep, Deadline latest) {
  if (!sleep || spinner_.enabled()) {
    kernel().uring_submit_and_get_events(&first());
    if (!sleep || io_uring_cq_ready(&first()) > 0) return;
  }
  Time next = std::min(timers_.next_expiry(), latest);
  Time start = kernel().now();
  waits_since_ = start;
  if (next == kNever && !spinner_.enabled()) {
    kernel().uring_submit_and_wait(&first(), 1);
    return;
  }
  if (spinner_.worthwhile(start)) {
    const Time begin = start;
    bool ready = busy_poll(std::min(begin + spinner_.longest(), next));
    start = kernel().now();
    spinner_.polled(begin, start, ready);
    if (ready) return;
  }
  Duration wait = next == kNever ? kLongestWait : std::max(next - start, Duration::zero());
  constexpr int64_t kSecond = 1'000'000'000;
  timespec longest{.tv_sec = wait.count() / kSecond, .tv_nsec = wait.count() % kSecond};
  kernel().uring_submit_and_wait_for(&first(), 1, longest);
  if (spinner_.enabled()) spinner_.slept(kernel().now() - start);
}

void UringLoop::run_once_by(Deadline latest) {
  const Time begin = now_;
  waits_since_ = kNever;
  bool further = rings_.size() > 1 && serve_further_rings();
  rings_.front()->buffers().lend();
  wait(ready_.empty() && starved_.empty() && !further, latest);
  heartbeat_.beat();
  now_ = kernel().now();
  cells_.rounds.record(std::min(waits_since_, now_) - begin);
  enter_requested_phase();
  take_completions(*rings_.front());
  expire_timers();
  process_ready();
  retry_starved();
}

void UringLoop::take_completions(UringRing& ring) {
  unsigned head;
  unsigned count = 0;
  io_uring_cqe* cqe;
  io_uring_for_each_cqe(&ring.get(), head, cqe) {
    ++count;
    handle_completion(ring, cqe->user_data, cqe->res, cqe->flags);
  }
  io_uring_cq_advance(&ring.get(), count);
}

void UringLoop::enter_requested_phase() {
  Phase requested = waker_.requested();
  if (requested == phase_) return;
  phase_ = requested;
  timers_.take_all([this](TimerNode& node) {
    auto& operation = static_cast<Operation&>(node);
    if (ends(phase_, operation)) {
      operation.fail(end_of(phase_));
      cancel_in_kernel(operation);
    } else {
      timers_.add(operation, operation.deadline);
    }
  });
}

void UringLoop::expire_timers() {
  timers_.advance(now_, [this](TimerNode& node) {
    auto& operation = static_cast<Operation&>(node);
    if (operation.kind != Operation::Kind::kSleep) operation.fail(Errc::kTimeout);
    cancel_in_kernel(operation);
  });
}

void UringLoop::handle_completion(UringRing& ring, uint64_t user_data, int result, unsigned flags) {
  if (user_data == kNobody) return;
  if (user_data == kWaker) {
    waker_.clear();
    watch_waker();
    return;
  }
  if (user_data < kRingEventEnd) {
    watch_ring(user_data - kRingEvent);
    return;
  }
  if ((user_data & kShutdown) != 0) {
    finish_shutdown(user_data);
    return;
  }
  auto& operation = *reinterpret_cast<Operation*>(user_data);
  if (operation.linked()) timers_.remove(operation);
  if (spinner_.enabled() && !operation.socket->handle().is_direct()) {
    spinner_.became_ready(operation.socket->fd());
  }
  if (finish(ring, operation, result, flags)) complete(operation);
}

// Processes the operation's completion. Returns whether the operation is complete; if not, it was
// submitted again or queued.
bool UringLoop::finish(UringRing& ring, Operation& operation, int result, unsigned flags) {
  bool cancelled = operation.state == Operation::State::kCancelled;
  if (operation.kind == Operation::Kind::kReceive) {
    if (operation.bulk && result >= 0 && !cancelled) return receive_bulk(operation);
    return finish_receive(ring, operation, result, flags);
  }
  if (operation.kind == Operation::Kind::kAccept) return finish_accept(ring, operation, result);
  if (result < 0) {
    if (!cancelled) operation.fail_with_errno(-result);
    return true;
  }
  if (operation.kind == Operation::Kind::kConnect) {
    operation.error.reset();  // completed before the cancellation
    return true;
  }
  operation.chunk.drop_front(static_cast<size_t>(result));
  if (!operation.chunk) operation.error.reset();
  if (cancelled || !operation.chunk) return true;
  submit(operation);
  park(operation);
  return false;
}

bool UringLoop::finish_accept(UringRing& ring, Operation& operation, int result) {
  Arrival& arrival = *operation.arrival;
  if (result < 0) {
    if (arrival.ring > 0) ring.release_slot();
    bool cancelled = operation.state == Operation::State::kCancelled;
    if (!cancelled) operation.fail_with_errno(-result);
    return true;
  }
  operation.error.reset();  // completed before any cancellation
  if (arrival.ring > 0) {
    arrival.socket = SocketHandle(
        *this, DirectSlot{.ring = arrival.ring, .index = static_cast<uint32_t>(result)});
  } else {
    last_descriptor_ = result;
    arrival.socket = Fd(result);
  }
  return true;
}

bool UringLoop::finish_receive(UringRing& ring, Operation& operation, int result, unsigned flags) {
  bool cancelled = operation.state == Operation::State::kCancelled;
  if ((flags & IORING_CQE_F_BUFFER) != 0) {
    operation.chunk = ring.buffers().take(flags >> IORING_CQE_BUFFER_SHIFT,
                                          result > 0 ? static_cast<size_t>(result) : 0);
  }
  operation.socket->set_emptied(result > 0 && (flags & IORING_CQE_F_SOCK_NONEMPTY) == 0);
  if (cancelled && operation.bulk) return true;  // whatever the poll reported, nothing was received
  if (result >= 0) {
    operation.error.reset();  // bytes or the end came before any cancellation
    return true;
  }
  if (result == -ENOBUFS && !cancelled) {
    // More clients sent bytes than buffers were lent.
    ring.buffers().lend_more();
    if (ring.buffers().count() > 0) {
      starved_.push(operation);
      return false;
    }
    operation.fail(Errc::kNoMemory);
    return true;
  }
  if (!cancelled) operation.fail_with_errno(-result);
  return true;
}

// The socket is readable: receives into a large buffer.
bool UringLoop::receive_bulk(Operation& operation) {
  Result<Chunk> chunk = bulk_.lease();
  ssize_t size = -1;
  if (chunk) {
    std::span<std::byte> room = chunk->spare();
    size = kernel().recv(operation.socket->fd(), room.data(), room.size(), MSG_DONTWAIT);
  } else {
    operation.bulk = false;  // use an ordinary buffer
  }
  const bool again = !chunk || (size < 0 && (errno == EAGAIN || errno == EINTR));
  if (again) {
    submit(operation);
    park(operation);
    return false;
  }
  if (size < 0) {
    operation.fail_with_errno(errno);
    return true;
  }
  chunk->grow(static_cast<size_t>(size));
  if (size > 0) operation.chunk = std::move(*chunk);
  return true;
}

void UringLoop::process_ready() {
  for (ReadyQueue ready = ready_.take(); !ready.empty();) complete(ready.pop());
}

// Retries receives that found no buffer, as many as there are buffers now: of thousands the rest
// would only fail again.
void UringLoop::retry_starved() {
  if (starved_.empty()) return;
  LentBuffers& lent = rings_.front()->buffers();
  lent.lend();
  for (size_t room = std::max<size_t>(lent.count(), 1); room > 0 && !starved_.empty();) {
    Operation& operation = starved_.pop();
    if (ends(phase_, operation) && !operation.error) operation.fail(end_of(phase_));
    if (operation.error) {
      complete(operation);
    } else {
      submit(operation);
      park(operation);
      --room;
    }
  }
}

}  // namespace echod
