// One round: lend buffers, submit what was prepared and wait, take the completions and wake their
// operations, end what timed out or was aborted, then look at the queue of operations to try again.
#include "engine/uring_loop.h"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <limits>

#include "engine/socket.h"

namespace echod {
namespace {

constexpr unsigned kSubmissions = 1024;  // prepared between two rounds; more are submitted early
constexpr unsigned kCompletions = 16384;
constexpr unsigned short kBufferGroup = 0;

// Completions that are not an operation's: their user data is a number no pointer has.
constexpr uint64_t kNobody = 0;  // of a request to cancel: the cancelled operation's own tells all
constexpr uint64_t kWaker = 1;

constexpr Duration kLongestWait = std::chrono::hours(1);

// Tells the processor that this is a loop waiting for memory to change.
void pause_processor() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

size_t lent_ring_bytes(unsigned entries) { return entries * sizeof(io_uring_buf); }

}  // namespace

UringLoop::UringLoop(const BufferPool::Options& buffers, Duration spin_max)
    : now_(clock_.now()), buffers_(buffers), timers_(now_), spinner_(spin_max) {}

UringLoop::~UringLoop() {
  ECHOD_CHECK(ready_.empty());
  // The kernel lets go of the buffers with the ring.
  if (ring_open_) io_uring_queue_exit(&ring_);
  if (lent_ring_ != nullptr) ::munmap(lent_ring_, lent_ring_bytes(kLentMax));
  for (uint32_t id = 0; id < lent_.size(); ++id) {
    if (lent_[id]) buffers_.release(id);
  }
}

Result<std::unique_ptr<EventLoop>> UringLoop::create(const BufferPool::Options& buffers,
                                                     Duration spin_max) {
  std::unique_ptr<UringLoop> loop(new UringLoop(buffers, spin_max));
  if (Result<void> opened = loop->open(); !opened) return std::unexpected(opened.error());
  return loop;
}

Result<void> UringLoop::open() {
  if (Result<void> opened = waker_.open(); !opened) return opened;
  io_uring_params params{};
  // SINGLE_ISSUER and DEFER_TASKRUN: completions are worked on when this thread asks for them, not
  // in whatever it was doing; worth a third of the rate (measured, see ARCHITECTURE.md).
  params.flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_SINGLE_ISSUER |
                 IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG;
  params.cq_entries = kCompletions;
  if (int result = io_uring_queue_init_params(kSubmissions, &ring_, &params); result < 0) {
    return std::unexpected(os_failure(-result));
  }
  ring_open_ = true;
  io_uring_register_ring_fd(&ring_);  // saves a look-up a call; without it all works the same
  void* memory = ::mmap(nullptr, lent_ring_bytes(kLentMax), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return std::unexpected(os_failure(errno));
  lent_ring_ = static_cast<io_uring_buf_ring*>(memory);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uint64_t>(memory);
  registration.ring_entries = kLentMax;
  registration.bgid = kBufferGroup;
  if (int result = io_uring_register_buf_ring(&ring_, &registration, 0); result < 0) {
    return std::unexpected(os_failure(-result));
  }
  io_uring_buf_ring_init(lent_ring_);
  watch_waker();
  return {};
}

Result<void> UringLoop::attach(Socket&) { return {}; }

void UringLoop::detach(Socket&) noexcept {}

bool UringLoop::start(Operation& operation) {
  ECHOD_CHECK(operation.state == Operation::State::kNew);
  if (ends(phase_, operation)) {
    operation.fail(Errc::kAborted);
  } else if (operation.kind != Operation::Kind::kSleep && operation.deadline <= now_) {
    operation.fail(Errc::kTimeout);
  } else {
    submit(operation);
    park(operation);
    return false;
  }
  operation.state = Operation::State::kComplete;
  return true;
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

io_uring_sqe* UringLoop::next_sqe() {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  if (sqe == nullptr) {
    io_uring_submit(&ring_);
    sqe = io_uring_get_sqe(&ring_);
  }
  ECHOD_CHECK(sqe != nullptr);
  return sqe;
}

void UringLoop::submit(Operation& operation) {
  if (operation.kind == Operation::Kind::kSleep) return;  // the timer wheel's alone
  io_uring_sqe* sqe = next_sqe();
  int fd = operation.socket->fd();
  switch (operation.kind) {
    case Operation::Kind::kAccept:
      operation.peer->size = sizeof(operation.peer->storage);
      io_uring_prep_accept(sqe, fd, reinterpret_cast<sockaddr*>(&operation.peer->storage),
                           &operation.peer->size, SOCK_CLOEXEC);
      break;
    case Operation::Kind::kConnect:
      io_uring_prep_connect(sqe, fd, operation.to->get(), operation.to->size());
      break;
    case Operation::Kind::kReceive:
      io_uring_prep_recv(sqe, fd, nullptr, 0, 0);
      sqe->flags |= IOSQE_BUFFER_SELECT;
      sqe->buf_group = kBufferGroup;
      break;
    case Operation::Kind::kSend:
      // MSG_WAITALL: the kernel goes on after a short write by itself.
      io_uring_prep_send(sqe, fd, operation.chunk.data(), operation.chunk.size(),
                         MSG_WAITALL | MSG_NOSIGNAL);
      break;
    case Operation::Kind::kSleep:
      break;
  }
  io_uring_sqe_set_data(sqe, &operation);
}

void UringLoop::watch_waker() {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_poll_add(sqe, waker_.fd(), POLLIN);
  io_uring_sqe_set_data64(sqe, kWaker);
}

void UringLoop::park(Operation& operation) {
  operation.state = Operation::State::kParked;
  timers_.add(operation, operation.deadline);
}

// The operation, whose error says why, is to end: a sleep in the next look at the ready queue,
// anything else when the kernel has confirmed that it no longer touches the operation's memory.
void UringLoop::cancel_in_kernel(Operation& operation) {
  if (operation.kind == Operation::Kind::kSleep) {
    ready_.push(operation);
    return;
  }
  operation.state = Operation::State::kCancelled;
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_cancel(sqe, &operation, 0);
  io_uring_sqe_set_data64(sqe, kNobody);
}

void UringLoop::complete(Operation& operation) {
  operation.state = Operation::State::kComplete;
  operation.waiter.resume();
}

void UringLoop::lend_buffers() {
  int added = 0;
  while (lent_count_ < lent_target_) {
    std::optional<uint32_t> id = buffers_.acquire();
    if (!id) break;
    io_uring_buf_ring_add(
        lent_ring_, buffers_.address(*id), static_cast<unsigned>(buffers_.buffer_size()),
        static_cast<unsigned short>(*id), io_uring_buf_ring_mask(kLentMax), added++);
    if (*id >= lent_.size()) lent_.resize(*id + 1);
    lent_[*id] = true;
    ++lent_count_;
  }
  if (added > 0) io_uring_buf_ring_advance(lent_ring_, added);
}

// Looks for completions for a while without sleeping: in memory, until the kernel says that it has
// work for this thread. Returns whether there are any.
bool UringLoop::look(Time end) {
  constexpr int kLooksPerClock = 16;
  while (io_uring_cq_ready(&ring_) == 0) {
    for (int i = 0; i < kLooksPerClock; ++i) {
      if (work_waits()) {
        io_uring_get_events(&ring_);
        break;
      }
      pause_processor();
    }
    if (io_uring_cq_ready(&ring_) == 0 && clock_.now() >= end) break;
  }
  return io_uring_cq_ready(&ring_) > 0;
}

bool UringLoop::work_waits() const {
  return (std::atomic_ref(*ring_.sq.kflags).load(std::memory_order_relaxed) & IORING_SQ_TASKRUN) !=
         0;
}

// Submits what was prepared and waits for a completion, at most until a timer is due or `latest`
// or, with operations to look at, not at all.
void UringLoop::wait(Deadline latest) {
  Time next = std::min(timers_.next_expiry(), latest);
  if (!ready_.empty()) {
    io_uring_submit_and_get_events(&ring_);
    return;
  }
  if (spinner_.enabled()) {
    io_uring_submit_and_get_events(&ring_);
    if (io_uring_cq_ready(&ring_) > 0) return;
  }
  if (next == kNever && !spinner_.enabled()) {
    io_uring_submit_and_wait(&ring_, 1);
    return;
  }
  Time start = clock_.now();
  if (spinner_.worthwhile()) {
    bool news = look(std::min(start + spinner_.longest(), next));
    spinner_.looked(news);
    if (news) return;
    start = clock_.now();
  }
  Duration wait = next == kNever ? kLongestWait : std::max(next - start, Duration::zero());
  constexpr int64_t kSecond = 1'000'000'000;
  __kernel_timespec timeout{.tv_sec = wait.count() / kSecond, .tv_nsec = wait.count() % kSecond};
  io_uring_cqe* first = nullptr;
  io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr);
  if (spinner_.enabled()) spinner_.slept(clock_.now() - start);
}

void UringLoop::run_once_by(Deadline latest) {
  lend_buffers();
  wait(latest);
  now_ = clock_.now();
  enter_requested_phase();
  unsigned head;
  unsigned count = 0;
  io_uring_cqe* cqe;
  io_uring_for_each_cqe(&ring_, head, cqe) {
    ++count;
    handle_completion(cqe->user_data, cqe->res, cqe->flags);
  }
  io_uring_cq_advance(&ring_, count);
  expire_timers();
  look_at_ready();
}

void UringLoop::enter_requested_phase() {
  Phase requested = waker_.requested();
  if (requested == phase_) return;
  phase_ = requested;
  timers_.take_all([this](TimerNode& node) {
    auto& operation = static_cast<Operation&>(node);
    if (ends(phase_, operation)) {
      operation.fail(Errc::kAborted);
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

void UringLoop::handle_completion(uint64_t user_data, int result, unsigned flags) {
  if (user_data == kNobody) return;
  if (user_data == kWaker) {
    waker_.clear();
    watch_waker();
    return;
  }
  auto& operation = *reinterpret_cast<Operation*>(user_data);
  if (operation.linked()) timers_.remove(operation);
  if (spinner_.enabled()) spinner_.heard_from(operation.socket->fd());
  if (finish(operation, result, flags)) complete(operation);
}

// Takes in what the kernel says of the operation. Returns whether it is over; otherwise it has been
// submitted again or queued.
bool UringLoop::finish(Operation& operation, int result, unsigned flags) {
  bool cancelled = operation.state == Operation::State::kCancelled;
  if (operation.kind == Operation::Kind::kReceive) {
    return finish_receive(operation, result, flags);
  }
  if (result < 0) {
    if (!cancelled) operation.fail_with_errno(-result);
    return true;
  }
  if (operation.kind == Operation::Kind::kAccept) {
    operation.accepted = Fd(result);
    operation.error.reset();  // done before the cancellation came
    return true;
  }
  if (operation.kind == Operation::Kind::kConnect) {
    operation.error.reset();
    return true;
  }
  operation.chunk.drop_front(static_cast<size_t>(result));
  if (!operation.chunk) operation.error.reset();
  if (cancelled || !operation.chunk) return true;
  submit(operation);
  park(operation);
  return false;
}

bool UringLoop::finish_receive(Operation& operation, int result, unsigned flags) {
  bool cancelled = operation.state == Operation::State::kCancelled;
  if ((flags & IORING_CQE_F_BUFFER) != 0) {
    uint32_t id = flags >> IORING_CQE_BUFFER_SHIFT;
    ECHOD_CHECK(lent_[id] && lent_count_ > 0);
    lent_[id] = false;
    --lent_count_;
    operation.chunk = buffers_.wrap(id, result > 0 ? static_cast<size_t>(result) : 0);
  }
  if (result >= 0) {
    operation.error.reset();  // bytes or the end, which came before any cancellation
    return true;
  }
  if (result == -ENOBUFS && !cancelled) {
    // More clients spoke at once than buffers were lent. Lend more, and try again in the next
    // round.
    lent_target_ = std::min(lent_target_ * 2, kLentMax);
    if (lent_count_ == 0) lend_buffers();
    if (lent_count_ > 0) {
      ready_.push(operation);
      return false;
    }
    operation.fail(Errc::kNoMemory);
    return true;
  }
  if (!cancelled) operation.fail_with_errno(-result);
  return true;
}

void UringLoop::look_at_ready() {
  if (ready_.empty()) return;
  lend_buffers();
  for (ReadyQueue ready = ready_.take(); !ready.empty();) {
    Operation& operation = ready.pop();
    if (ends(phase_, operation) && !operation.error) operation.fail(Errc::kAborted);
    if (operation.error || operation.kind == Operation::Kind::kSleep) {
      complete(operation);
    } else {
      submit(operation);
      park(operation);
    }
  }
}

}  // namespace echod
