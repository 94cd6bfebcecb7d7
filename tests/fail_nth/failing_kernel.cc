#include "fail_nth/failing_kernel.h"

#include <cerrno>
#include <initializer_list>

#include "fail_nth/failure_point.h"
#include "net/uring_compat.h"

namespace echod {
namespace {

// Which of the errors call number `number` fails with: another one for each position.
int pick(std::initializer_list<int> errors, uint64_t number) {
  return errors.begin()[number % errors.size()];
}

// Whether the call is to fail; errno is set then.
bool fails(const char* name, std::initializer_list<int> errors) {
  const uint64_t number = count_call(name);
  if (number == 0) return false;
  errno = pick(errors, number);
  return true;
}

// The same for io_uring's calls: a negative errno, or 0.
int failure_of(const char* name, std::initializer_list<int> errors) {
  return fails(name, errors) ? -errno : 0;
}

constexpr std::initializer_list<int> kAcceptErrors = {ECONNABORTED, EMFILE, ENFILE, ENOBUFS,
                                                      ENOMEM,       EPROTO, EPERM,  EINTR};
constexpr std::initializer_list<int> kSubmitErrors = {EINTR, EAGAIN, EBUSY};
constexpr std::initializer_list<int> kReceiveErrors = {ECONNRESET, ETIMEDOUT, ENOMEM};
constexpr std::initializer_list<int> kSendErrors = {EPIPE, ECONNRESET, ENOBUFS, ENOMEM, ETIMEDOUT};
constexpr std::initializer_list<int> kPollErrors = {ENOMEM};

// A request of io_uring whose completion may be a failure, and what it may fail with.
struct Fallible {
  int opcode;
  const char* name;
  std::initializer_list<int> errors;
};
constexpr Fallible kFallible[] = {
    {IORING_OP_ACCEPT, "completion of accept", kAcceptErrors},
    {IORING_OP_RECV, "completion of recv", kReceiveErrors},
    {IORING_OP_SEND, "completion of send", kSendErrors},
    {IORING_OP_POLL_ADD, "completion of poll", kPollErrors},
};

// Null: the request cannot fail for a reason of the world's.
const Fallible* fallible_of(int opcode) {
  for (const Fallible& fallible : kFallible) {
    if (fallible.opcode == opcode) return &fallible;
  }
  return nullptr;
}

}  // namespace

int FailingKernel::socket(int family, int type, int protocol) {
  if (fails("socket", {EMFILE, ENFILE, ENOBUFS, ENOMEM})) return -1;
  return Kernel::socket(family, type, protocol);
}
int FailingKernel::bind(int fd, const sockaddr* address, socklen_t size) {
  if (fails("bind", {EADDRINUSE, EACCES, EADDRNOTAVAIL})) return -1;
  return Kernel::bind(fd, address, size);
}
int FailingKernel::listen(int fd, int backlog) {
  if (fails("listen", {EADDRINUSE})) return -1;
  return Kernel::listen(fd, backlog);
}
int FailingKernel::accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  if (fails("accept4", kAcceptErrors)) return -1;
  return Kernel::accept4(fd, address, size, flags);
}
ssize_t FailingKernel::recv(int fd, void* to, size_t size, int flags) {
  if (fails("recv", {ECONNRESET, ETIMEDOUT, ENOMEM, EINTR, EHOSTUNREACH})) return -1;
  return Kernel::recv(fd, to, size, flags);
}
ssize_t FailingKernel::send(int fd, const void* from, size_t size, int flags) {
  if (fails("send", {EPIPE, ECONNRESET, ENOBUFS, ENOMEM, EINTR, ETIMEDOUT})) return -1;
  return Kernel::send(fd, from, size, flags);
}
int FailingKernel::shutdown(int fd, int how) {
  if (how == SHUT_WR && fails("shutdown", {ENOTCONN, ENOBUFS})) return -1;
  return Kernel::shutdown(fd, how);
}
int FailingKernel::getsockname(int fd, sockaddr* address, socklen_t* size) {
  if (fails("getsockname", {ENOBUFS})) return -1;
  return Kernel::getsockname(fd, address, size);
}
int FailingKernel::getsockopt(int fd, int level, int name, void* value, socklen_t* size) {
  if (fails("getsockopt", {ENOBUFS, ENOPROTOOPT})) return -1;
  return Kernel::getsockopt(fd, level, name, value, size);
}
int FailingKernel::setsockopt(int fd, int level, int name, const void* value, socklen_t size) {
  if (fails("setsockopt", {ENOPROTOOPT, ENOBUFS, ENOMEM})) return -1;
  return Kernel::setsockopt(fd, level, name, value, size);
}
int FailingKernel::poll(pollfd* fds, size_t count, int wait_ms) {
  if (fails("poll", {EINTR, ENOMEM})) return -1;
  return Kernel::poll(fds, count, wait_ms);
}
int FailingKernel::eventfd(unsigned initial, int flags) {
  if (fails("eventfd", {EMFILE, ENFILE, ENOMEM})) return -1;
  return Kernel::eventfd(initial, flags);
}
int FailingKernel::epoll_create1(int flags) {
  if (fails("epoll_create1", {EMFILE, ENFILE, ENOMEM})) return -1;
  return Kernel::epoll_create1(flags);
}
int FailingKernel::epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  if (operation == EPOLL_CTL_ADD && fails("epoll_ctl", {ENOMEM, ENOSPC})) return -1;
  return Kernel::epoll_ctl(epoll, operation, fd, event);
}
int FailingKernel::epoll_wait(int epoll, epoll_event* events, int count, int wait_ms) {
  if (fails("epoll_wait", {EINTR})) return -1;
  return Kernel::epoll_wait(epoll, events, count, wait_ms);
}
int FailingKernel::epoll_pwait2(int epoll, epoll_event* events, int count, const timespec* wait) {
  if (fails("epoll_pwait2", {EINTR})) return -1;
  return Kernel::epoll_pwait2(epoll, events, count, wait);
}

int FailingKernel::uring_setup(unsigned entries, io_uring* ring, io_uring_params* params) {
  if (int error = failure_of("io_uring_setup", {ENOMEM, EMFILE, EPERM, ENOSYS})) return error;
  return Kernel::uring_setup(entries, ring, params);
}
void FailingKernel::uring_exit(io_uring* ring) {
  {
    Uncounted own;
    std::lock_guard lock(mutex_);
    rings_.erase(ring);
  }
  Kernel::uring_exit(ring);
}
int FailingKernel::uring_register_ring_fd(io_uring* ring) {
  if (int error = failure_of("io_uring_register(ring)", {ENOMEM, EINVAL})) return error;
  return Kernel::uring_register_ring_fd(ring);
}
int FailingKernel::uring_register_buf_ring(io_uring* ring, io_uring_buf_reg* registration) {
  if (int error = failure_of("io_uring_register(buffers)", {ENOMEM, EINVAL})) return error;
  return Kernel::uring_register_buf_ring(ring, registration);
}
int FailingKernel::uring_register_files_sparse(io_uring* ring, unsigned count) {
  if (int error = failure_of("io_uring_register(files)", {ENOMEM, EMFILE})) return error;
  return Kernel::uring_register_files_sparse(ring, count);
}
int FailingKernel::uring_register_eventfd(io_uring* ring, int fd) {
  if (int error = failure_of("io_uring_register(eventfd)", {ENOMEM})) return error;
  return Kernel::uring_register_eventfd(ring, fd);
}

int FailingKernel::uring_submit(io_uring* ring) {
  if (int error = failure_of("io_uring_submit", kSubmitErrors)) return error;
  note_requests(*ring);
  int result = Kernel::uring_submit(ring);
  look_at_completions(*ring);
  return result;
}
int FailingKernel::uring_get_events(io_uring* ring) {
  if (int error = failure_of("io_uring_get_events", kSubmitErrors)) return error;
  int result = Kernel::uring_get_events(ring);
  look_at_completions(*ring);
  return result;
}
int FailingKernel::uring_submit_and_get_events(io_uring* ring) {
  if (int error = failure_of("io_uring_submit_and_get_events", kSubmitErrors)) return error;
  note_requests(*ring);
  int result = Kernel::uring_submit_and_get_events(ring);
  look_at_completions(*ring);
  return result;
}
int FailingKernel::uring_submit_and_wait(io_uring* ring, unsigned count) {
  if (int error = failure_of("io_uring_submit_and_wait", kSubmitErrors)) return error;
  note_requests(*ring);
  int result = Kernel::uring_submit_and_wait(ring, count);
  look_at_completions(*ring);
  return result;
}
int FailingKernel::uring_submit_and_wait_for(io_uring* ring, unsigned count, const timespec& wait) {
  if (int error = failure_of("io_uring_submit_and_wait_timeout", kSubmitErrors)) return error;
  note_requests(*ring);
  int result = Kernel::uring_submit_and_wait_for(ring, count, wait);
  look_at_completions(*ring);
  return result;
}

FailingKernel::Ring& FailingKernel::ring_of(const io_uring* ring) {
  std::lock_guard lock(mutex_);
  return rings_[ring];
}

// Remembers what each request about to be submitted is.
void FailingKernel::note_requests(io_uring& ring) {
  Uncounted own;
  Ring& known = ring_of(&ring);
  for (unsigned i = ring.sq.sqe_head; i != ring.sq.sqe_tail; ++i) {
    const io_uring_sqe& sqe = ring.sq.sqes[i & ring.sq.ring_mask];
    known.opcodes[sqe.user_data] = sqe.opcode;
  }
}

// Counts the completions that came, and turns the one that is to fail into a failure: what it did
// is undone, or is as lost as if it had come a moment before the connection broke.
void FailingKernel::look_at_completions(io_uring& ring) {
  Ring& known = [&]() -> Ring& {
    Uncounted own;
    return ring_of(&ring);
  }();
  const unsigned tail = io_uring_smp_load_acquire(ring.cq.ktail);
  for (; known.seen != tail; ++known.seen) {
    io_uring_cqe& cqe = ring.cq.cqes[known.seen & ring.cq.ring_mask];
    const auto entry = known.opcodes.find(cqe.user_data);
    if (entry == known.opcodes.end() || cqe.res < 0) continue;
    const Fallible* fallible = fallible_of(entry->second);
    if (fallible == nullptr) continue;
    const uint64_t number = count_call(fallible->name);
    if (number == 0) continue;
    if (entry->second == IORING_OP_ACCEPT) Kernel::close(cqe.res);
    cqe.res = -pick(fallible->errors, number);
  }
}

}  // namespace echod
