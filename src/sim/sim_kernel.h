// A kernel in memory: sockets, epoll and io_uring, on a modelled network and with its own clock, in
// one thread. No call blocks. A call that would have to wait reports that through take_wait() and
// returns without a result, as a real one may after a signal; the caller then runs another loop, or
// advances the time.
//
// Everything is determined by the seed, so a run can be repeated exactly.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "net/kernel.h"
#include "sim/sim_network.h"
#include "sim/sim_socket.h"

namespace echod::sim {

class SimEpoll;
class SimRing;

// Something on which a thread can wait.
class SimWaitable {
 public:
  virtual bool is_ready() const = 0;

 protected:
  ~SimWaitable() = default;
};

class SimKernel final : public Kernel {
 public:
  // Both arguments must outlive it; the faults may be changed at any time.
  SimKernel(Random& random, const Faults& faults);
  ~SimKernel() override;

  SimNetwork& network() { return network_; }

  // What the last call waited on, and its deadline. The deadline is now if the call returned with
  // work to do and must be repeated. `on` is null if no call waited.
  struct Wait {
    const SimWaitable* on = nullptr;
    Time until = kNever;
  };
  Wait take_wait() { return std::exchange(wait_, {}); }

  // Turns the faults of system calls on or off; off for the test's own calls. The network's faults
  // stay on.
  void set_faulty(bool on) { faulty_ = on; }
  bool fails(double probability) { return faulty_ && random_.chance(probability); }
  Random& random() { return random_; }
  const Faults& faults() const { return faults_; }

  // Open descriptors, and the socket of one; null if it is none.
  size_t open_descriptors() const;
  SimSocket* socket_of(int fd) const;

  Time now() override;

  int socket(int family, int type, int protocol) override;
  int bind(int fd, const sockaddr* address, socklen_t size) override;
  int listen(int fd, int backlog) override;
  int accept4(int fd, sockaddr* address, socklen_t* size, int flags) override;
  int connect(int fd, const sockaddr* address, socklen_t size) override;
  ssize_t recv(int fd, void* to, size_t size, int flags) override;
  ssize_t send(int fd, const void* from, size_t size, int flags) override;
  int shutdown(int fd, int how) override;
  int close(int fd) override;
  int getsockname(int fd, sockaddr* address, socklen_t* size) override;
  int getsockopt(int fd, int level, int name, void* value, socklen_t* size) override;
  int setsockopt(int fd, int level, int name, const void* value, socklen_t size) override;
  int fcntl(int fd, int command, int value) override;
  int poll(pollfd* fds, size_t count, int wait_ms) override;

  int eventfd(unsigned initial, int flags) override;
  int eventfd_read(int fd, uint64_t* value) override;
  int eventfd_write(int fd, uint64_t value) override;

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

  // For the models of epoll and io_uring. open(): a negative errno if there is no room.
  int open(std::shared_ptr<SimFile> file);
  std::shared_ptr<SimFile> file(int fd) const;

  // Accepts a client of `listener` and returns its descriptor, or a negative errno; -EAGAIN for
  // none.
  int accept_from(SimSocket& listener, sockaddr* address, socklen_t* size);

  // Transfers bytes from and to a socket, with faults.
  ssize_t receive_from(SimSocket& socket, void* to, size_t size);
  ssize_t send_to(SimSocket& socket, const void* from, size_t size);

 private:
  static constexpr int kFirst = 3;  // descriptors are numbered from here

  SimSocket* socket_at(int fd) const;
  SimRing& ring_of(const io_uring* ring);
  void wait_until(Time time);
  int wait_for(SimEpoll& epoll, epoll_event* events, int count, Time until);

  Random& random_;
  const Faults& faults_;
  SimNetwork network_;
  bool faulty_ = true;
  Wait wait_;
  std::vector<std::shared_ptr<SimFile>> files_;  // by descriptor, from kFirst on
  std::vector<std::unique_ptr<SimRing>> rings_;
};

}  // namespace echod::sim
