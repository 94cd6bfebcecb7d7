// The system calls of the server and the load tester, behind one interface: so the production
// engines also run on a modelled kernel (src/sim), and tests can make any single call fail. Name
// resolution, resource limits and CPUs (resolver.h, raise_descriptor_limit(), engine/processor.h),
// and the program's files, pipes and signals (src/app), use the system directly.
#pragma once

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include <cstddef>
#include <cstdint>

#include "base/clock.h"

struct io_uring;
struct io_uring_params;
struct io_uring_buf_reg;

namespace echod {

// This class calls the system's kernel. A stand-in overrides what it models. Each function behaves
// like the system call of its name, errno included. Those of io_uring behave like the liburing
// function, and return a negative errno; uring_submit_and_wait_for() is
// io_uring_submit_and_wait_timeout(3).
class Kernel {
 public:
  virtual ~Kernel() = default;

  // The monotonic clock.
  virtual Time now();

  virtual int socket(int family, int type, int protocol);
  virtual int bind(int fd, const sockaddr* address, socklen_t size);
  virtual int listen(int fd, int backlog);
  virtual int accept4(int fd, sockaddr* address, socklen_t* size, int flags);
  virtual int connect(int fd, const sockaddr* address, socklen_t size);
  virtual ssize_t recv(int fd, void* to, size_t size, int flags);
  virtual ssize_t send(int fd, const void* from, size_t size, int flags);
  virtual int shutdown(int fd, int how);
  virtual int close(int fd);
  virtual int getsockname(int fd, sockaddr* address, socklen_t* size);
  virtual int getsockopt(int fd, int level, int name, void* value, socklen_t* size);
  virtual int setsockopt(int fd, int level, int name, const void* value, socklen_t size);
  virtual int fcntl(int fd, int command, int value);
  virtual int poll(pollfd* fds, size_t count, int wait_ms);

  virtual int eventfd(unsigned initial, int flags);
  virtual int eventfd_read(int fd, uint64_t* value);
  virtual int eventfd_write(int fd, uint64_t value);

  virtual int epoll_create1(int flags);
  virtual int epoll_ctl(int epoll, int operation, int fd, epoll_event* event);
  virtual int epoll_wait(int epoll, epoll_event* events, int count, int wait_ms);
  virtual int epoll_pwait2(int epoll, epoll_event* events, int count, const timespec* wait);

  virtual int uring_setup(unsigned entries, io_uring* ring, io_uring_params* params);
  virtual void uring_exit(io_uring* ring);
  virtual int uring_register_ring_fd(io_uring* ring);
  virtual int uring_register_buf_ring(io_uring* ring, io_uring_buf_reg* registration);
  virtual int uring_register_files_sparse(io_uring* ring, unsigned count);
  virtual int uring_register_eventfd(io_uring* ring, int fd);
  virtual int uring_submit(io_uring* ring);
  virtual int uring_get_events(io_uring* ring);
  virtual int uring_submit_and_get_events(io_uring* ring);
  virtual int uring_submit_and_wait(io_uring* ring, unsigned count);
  virtual int uring_submit_and_wait_for(io_uring* ring, unsigned count, const timespec& wait);
};

// The kernel for calls on this thread. An event loop keeps the kernel of the thread that created it
// (EventLoop::kernel(), Worker::kernel()); code with a loop uses that one. The functions of net/
// use this one: otherwise every owner of an Fd, which is most of the program, would have to pass a
// kernel to it.
Kernel& kernel() noexcept;

// During its lifetime, calls go to `stand_in`, which must outlive it: the calls of this thread, or
// of every thread without its own stand-in. Scopes nest.
class KernelScope {
 public:
  enum class Reach : uint8_t { kThread, kProcess };

  explicit KernelScope(Kernel& stand_in, Reach reach = Reach::kThread) noexcept;
  KernelScope(const KernelScope&) = delete;
  KernelScope& operator=(const KernelScope&) = delete;
  ~KernelScope();

 private:
  Reach reach_;
  Kernel* before_;
};

}  // namespace echod
