// The system's kernel, but that one call fails: see failure_point.h. What it fails with are the
// errors the call's manual page names for a program that does nothing wrong: a peer or a network
// gone, or a want of something. Calls that cannot fail for such a reason are left alone: close(2),
// a wake-up, the shutdown that interrupts another thread.
#pragma once

#include <map>
#include <mutex>

#include "net/kernel.h"

namespace echod {

class FailingKernel final : public Kernel {
 public:
  int socket(int family, int type, int protocol) override;
  int bind(int fd, const sockaddr* address, socklen_t size) override;
  int listen(int fd, int backlog) override;
  int accept4(int fd, sockaddr* address, socklen_t* size, int flags) override;
  ssize_t recv(int fd, void* to, size_t size, int flags) override;
  ssize_t send(int fd, const void* from, size_t size, int flags) override;
  int shutdown(int fd, int how) override;
  int getsockname(int fd, sockaddr* address, socklen_t* size) override;
  int getsockopt(int fd, int level, int name, void* value, socklen_t* size) override;
  int setsockopt(int fd, int level, int name, const void* value, socklen_t size) override;
  int poll(pollfd* fds, size_t count, int wait_ms) override;
  int eventfd(unsigned initial, int flags) override;
  int epoll_create1(int flags) override;
  int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) override;
  int epoll_wait(int epoll, epoll_event* events, int count, int wait_ms) override;
  int epoll_pwait2(int epoll, epoll_event* events, int count, const timespec* wait) override;

  int uring_setup(unsigned entries, io_uring* ring, io_uring_params* params) override;
  void uring_exit(io_uring* ring) override;
  int uring_register_ring_fd(io_uring* ring) override;
  int uring_register_buf_ring(io_uring* ring, io_uring_buf_reg* registration) override;
  int uring_register_files_sparse(io_uring* ring, unsigned count) override;
  int uring_register_eventfd(io_uring* ring, int fd) override;
  int uring_submit(io_uring* ring) override;
  int uring_get_events(io_uring* ring) override;
  int uring_submit_and_get_events(io_uring* ring) override;
  int uring_submit_and_wait(io_uring* ring, unsigned count) override;
  int uring_submit_and_wait_for(io_uring* ring, unsigned count, const timespec& wait) override;

 private:
  // What is known of a ring: the requests under way, and how far its completions were looked at.
  struct Ring {
    std::map<uint64_t, int> opcodes;  // by user data
    unsigned seen = 0;
  };

  Ring& ring_of(const io_uring* ring);
  void note_requests(io_uring& ring);
  void look_at_completions(io_uring& ring);

  std::mutex mutex_;  // of the map; each ring is used by one thread
  std::map<const io_uring*, Ring> rings_;
};

}  // namespace echod
