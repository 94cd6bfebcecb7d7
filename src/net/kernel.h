// The system calls that serving and load testing make while they run, behind one interface: the
// engines that are shipped also run over a modelled kernel (src/sim), and tests can let any single
// call fail. Names, resource limits and processors (resolver.h, raise_descriptor_limit(),
// engine/processor.h) and the program's files, pipes and signals (src/app) go to the system
// directly.
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

// This class is the system's own kernel. One that stands in for it overrides what it models. Each
// function does what the system call of its name does, errno included; those of io_uring do what
// the liburing function does, and return a negative errno; uring_submit_and_wait_for() is
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

// The kernel that calls on this thread go to. An event loop keeps the one of the thread that made
// it (EventLoop::kernel(), Worker::kernel()), and whoever has a loop calls that. The functions of
// net/ ask here: an Fd that closes itself, or a socket option set once, would have to be given a
// kernel by everybody who has an Fd, which is most of the program.
Kernel& kernel() noexcept;

// While it lives, calls go to `stand_in`, which must outlive it: those of this thread, or those of
// every thread that has no stand-in of its own. Scopes nest.
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
