#include "net/kernel.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "net/uring_compat.h"

namespace echod {
namespace {

constinit Kernel system_kernel;
constinit std::atomic<Kernel*> process_kernel{&system_kernel};
constinit thread_local Kernel* thread_kernel = nullptr;

// The functions of the C library for these calls are cancellation points: in a program with several
// threads each call takes two locked instructions, and no thread of echod is ever cancelled.
// ThreadSanitizer has to see the functions.
#if defined(__SANITIZE_THREAD__)
constexpr bool kDirectCalls = false;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
constexpr bool kDirectCalls = false;
#else
constexpr bool kDirectCalls = true;
#endif
#else
constexpr bool kDirectCalls = true;
#endif

}  // namespace

Kernel& kernel() noexcept {
  Kernel* own = thread_kernel;
  return own != nullptr ? *own : *process_kernel.load(std::memory_order_acquire);
}

KernelScope::KernelScope(Kernel& stand_in, Reach reach) noexcept : reach_(reach) {
  if (reach == Reach::kThread) {
    before_ = thread_kernel;
    thread_kernel = &stand_in;
  } else {
    before_ = process_kernel.exchange(&stand_in);
  }
}

KernelScope::~KernelScope() {
  if (reach_ == Reach::kThread) {
    thread_kernel = before_;
  } else {
    process_kernel.store(before_);
  }
}

Time Kernel::now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return Time(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

int Kernel::socket(int family, int type, int protocol) { return ::socket(family, type, protocol); }
int Kernel::bind(int fd, const sockaddr* address, socklen_t size) {
  return ::bind(fd, address, size);
}
int Kernel::listen(int fd, int backlog) { return ::listen(fd, backlog); }
int Kernel::accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  return ::accept4(fd, address, size, flags);
}
int Kernel::connect(int fd, const sockaddr* address, socklen_t size) {
  return ::connect(fd, address, size);
}
ssize_t Kernel::recv(int fd, void* to, size_t size, int flags) {
  if (kDirectCalls) return ::syscall(SYS_recvfrom, fd, to, size, flags, nullptr, nullptr);
  return ::recv(fd, to, size, flags);
}
ssize_t Kernel::send(int fd, const void* from, size_t size, int flags) {
  if (kDirectCalls) return ::syscall(SYS_sendto, fd, from, size, flags, nullptr, 0);
  return ::send(fd, from, size, flags);
}
int Kernel::shutdown(int fd, int how) { return ::shutdown(fd, how); }
int Kernel::close(int fd) { return ::close(fd); }
int Kernel::getsockname(int fd, sockaddr* address, socklen_t* size) {
  return ::getsockname(fd, address, size);
}
int Kernel::getsockopt(int fd, int level, int name, void* value, socklen_t* size) {
  return ::getsockopt(fd, level, name, value, size);
}
int Kernel::setsockopt(int fd, int level, int name, const void* value, socklen_t size) {
  return ::setsockopt(fd, level, name, value, size);
}
int Kernel::fcntl(int fd, int command, int value) { return ::fcntl(fd, command, value); }
int Kernel::poll(pollfd* fds, size_t count, int wait_ms) { return ::poll(fds, count, wait_ms); }

int Kernel::eventfd(unsigned initial, int flags) { return ::eventfd(initial, flags); }
int Kernel::eventfd_read(int fd, uint64_t* value) { return ::eventfd_read(fd, value); }
int Kernel::eventfd_write(int fd, uint64_t value) { return ::eventfd_write(fd, value); }

int Kernel::epoll_create1(int flags) { return ::epoll_create1(flags); }
int Kernel::epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  return ::epoll_ctl(epoll, operation, fd, event);
}
int Kernel::epoll_wait(int epoll, epoll_event* events, int count, int wait_ms) {
  if (kDirectCalls) {
    constexpr size_t kSignalSetSize = 8;  // not used, as there is no set
    return static_cast<int>(
        ::syscall(SYS_epoll_pwait, epoll, events, count, wait_ms, nullptr, kSignalSetSize));
  }
  return ::epoll_wait(epoll, events, count, wait_ms);
}
int Kernel::epoll_pwait2(int epoll, epoll_event* events, int count, const timespec* wait) {
  return ::epoll_pwait2(epoll, events, count, wait, nullptr);
}

int Kernel::uring_setup(unsigned entries, io_uring* ring, io_uring_params* params) {
  return io_uring_queue_init_params(entries, ring, params);
}
void Kernel::uring_exit(io_uring* ring) { io_uring_queue_exit(ring); }
int Kernel::uring_register_ring_fd(io_uring* ring) { return io_uring_register_ring_fd(ring); }
int Kernel::uring_register_buf_ring(io_uring* ring, io_uring_buf_reg* registration) {
  return io_uring_register_buf_ring(ring, registration, 0);
}
int Kernel::uring_register_files_sparse(io_uring* ring, unsigned count) {
  return io_uring_register_files_sparse(ring, count);
}
int Kernel::uring_register_eventfd(io_uring* ring, int fd) {
  return io_uring_register_eventfd(ring, fd);
}
int Kernel::uring_submit(io_uring* ring) { return io_uring_submit(ring); }
int Kernel::uring_get_events(io_uring* ring) { return io_uring_get_events(ring); }
int Kernel::uring_submit_and_get_events(io_uring* ring) {
  return io_uring_submit_and_get_events(ring);
}
int Kernel::uring_submit_and_wait(io_uring* ring, unsigned count) {
  return io_uring_submit_and_wait(ring, count);
}
int Kernel::uring_submit_and_wait_for(io_uring* ring, unsigned count, const timespec& wait) {
  __kernel_timespec timeout{.tv_sec = wait.tv_sec, .tv_nsec = wait.tv_nsec};
  io_uring_cqe* first = nullptr;
  return io_uring_submit_and_wait_timeout(ring, &first, count, &timeout, nullptr);
}

}  // namespace echod
