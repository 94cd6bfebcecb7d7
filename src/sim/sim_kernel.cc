#include "sim/sim_kernel.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "sim/sim_epoll.h"
#include "sim/sim_uring.h"

namespace echod::sim {
namespace {

// Converts a negative errno to a system call's result: -1 and errno.
template <typename Number>
Number as_call(Number result) {
  if (result >= 0) return result;
  errno = static_cast<int>(-result);
  return -1;
}

void put_address(const Endpoint& endpoint, sockaddr* address, socklen_t* size) {
  if (address == nullptr || size == nullptr) return;
  std::memcpy(address, endpoint.get(), std::min(*size, endpoint.size()));
  *size = endpoint.size();
}

}  // namespace

uint32_t SimEventFd::ready() const { return count_ > 0 ? POLLIN | POLLOUT : POLLOUT; }

void SimEventFd::add(uint64_t value) {
  count_ += value;
  tell(POLLIN);
}

bool SimEventFd::take(uint64_t& value) {
  value = std::exchange(count_, 0);
  return value > 0;
}

SimKernel::SimKernel(Random& random, const Faults& faults)
    : random_(random), faults_(faults), network_(random, faults) {}

SimKernel::~SimKernel() = default;

size_t SimKernel::open_descriptors() const {
  return static_cast<size_t>(
      std::ranges::count_if(files_, [](const auto& file) { return file != nullptr; }));
}

std::shared_ptr<SimFile> SimKernel::file(int fd) const {
  const auto index = static_cast<size_t>(fd - kFirst);
  return fd >= kFirst && index < files_.size() ? files_[index] : nullptr;
}

SimSocket* SimKernel::socket_of(int fd) const { return dynamic_cast<SimSocket*>(file(fd).get()); }

SimSocket* SimKernel::socket_at(int fd) const {
  SimSocket* socket = socket_of(fd);
  ECHOD_CHECK(socket != nullptr);  // a call on a descriptor that is not open is a bug
  return socket;
}

int SimKernel::open(std::shared_ptr<SimFile> file) {
  if (fails(faults_.no_descriptors)) {
    constexpr int kWhy[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM};
    return -kWhy[random_.below(4)];
  }
  auto place = std::ranges::find(files_, nullptr);
  if (place == files_.end()) place = files_.insert(files_.end(), nullptr);
  *place = std::move(file);
  return static_cast<int>(place - files_.begin()) + kFirst;
}

// Each call advances the clock slightly, so that a busy-poll until some time ends.
Time SimKernel::now() {
  network_.advance(network_.now() + std::chrono::microseconds(1));
  return network_.now();
}

int SimKernel::socket(int, int, int) {
  return as_call(open(std::make_shared<SimSocket>(network_)));
}

int SimKernel::bind(int fd, const sockaddr* address, socklen_t size) {
  return as_call(socket_at(fd)->bind(Endpoint::from_sockaddr(address, size)));
}

int SimKernel::listen(int fd, int backlog) { return as_call(socket_at(fd)->listen(backlog)); }

int SimKernel::accept_from(SimSocket& listener, sockaddr* address, socklen_t* size) {
  if (fails(faults_.accept_aborted)) {
    constexpr int kWhy[] = {ECONNABORTED, EPROTO, EPERM, ENETDOWN};
    return -kWhy[random_.below(4)];
  }
  if (listener.ready() == 0) return -EAGAIN;
  const int fd = open(nullptr);
  if (fd < 0) return fd;
  std::shared_ptr<SimSocket> client = listener.accept();
  put_address(client->peer_address(), address, size);
  files_[static_cast<size_t>(fd - kFirst)] = std::move(client);
  return fd;
}

int SimKernel::accept4(int fd, sockaddr* address, socklen_t* size, int) {
  if (fails(faults_.interrupted)) return as_call(-EINTR);
  return as_call(accept_from(*socket_at(fd), address, size));
}

int SimKernel::connect(int fd, const sockaddr* address, socklen_t size) {
  return as_call(socket_at(fd)->connect(Endpoint::from_sockaddr(address, size)));
}

ssize_t SimKernel::receive_from(SimSocket& socket, void* to, size_t size) {
  if (fails(faults_.reset)) socket.harm();
  if ((socket.ready() & POLLIN) != 0 && fails(faults_.again)) {
    socket.nudge(POLLIN);
    return -EAGAIN;
  }
  return socket.receive(to, size);
}

ssize_t SimKernel::send_to(SimSocket& socket, const void* from, size_t size) {
  if (fails(faults_.reset)) socket.harm();
  if (fails(faults_.broken)) {
    socket.harm();
    return -EPIPE;
  }
  // Only if there is room: a full socket returns EAGAIN itself, and later reports room.
  if (fails(faults_.again) && (socket.ready() & POLLOUT) != 0) {
    socket.nudge(POLLOUT);
    return -EAGAIN;
  }
  return socket.send(from, size);
}

ssize_t SimKernel::recv(int fd, void* to, size_t size, int) {
  if (fails(faults_.interrupted)) return as_call(ssize_t{-EINTR});
  return as_call(receive_from(*socket_at(fd), to, size));
}

ssize_t SimKernel::send(int fd, const void* from, size_t size, int) {
  if (fails(faults_.interrupted)) return as_call(ssize_t{-EINTR});
  return as_call(send_to(*socket_at(fd), from, size));
}

int SimKernel::shutdown(int fd, int how) { return as_call(socket_at(fd)->shut_down(how)); }

int SimKernel::close(int fd) {
  std::shared_ptr<SimFile> closing = file(fd);
  ECHOD_CHECK(closing != nullptr);  // closed twice
  for (const std::shared_ptr<SimFile>& file : files_) {
    if (auto* epoll = dynamic_cast<SimEpoll*>(file.get())) epoll->remove(fd);
  }
  for (const std::unique_ptr<SimRing>& ring : rings_) ECHOD_CHECK(!ring->works_on(*closing));
  files_[static_cast<size_t>(fd - kFirst)] = nullptr;
  closing->closed();
  return 0;
}

int SimKernel::getsockname(int fd, sockaddr* address, socklen_t* size) {
  put_address(socket_at(fd)->local(), address, size);
  return 0;
}

int SimKernel::getsockopt(int, int, int, void*, socklen_t*) { return as_call(-ENOPROTOOPT); }

int SimKernel::setsockopt(int fd, int level, int name, const void* value, socklen_t) {
  if (level == SOL_SOCKET && name == SO_LINGER) {
    const auto* wanted = static_cast<const linger*>(value);
    socket_at(fd)->set_reset_on_close(wanted->l_onoff != 0 && wanted->l_linger == 0);
  }
  return 0;
}

int SimKernel::fcntl(int, int, int) { return as_call(-ENOSYS); }
int SimKernel::poll(pollfd*, size_t, int) { return as_call(-ENOSYS); }

int SimKernel::eventfd(unsigned, int) { return as_call(open(std::make_shared<SimEventFd>())); }

int SimKernel::eventfd_read(int fd, uint64_t* value) {
  return dynamic_cast<SimEventFd&>(*file(fd)).take(*value) ? 0 : as_call(-EAGAIN);
}

int SimKernel::eventfd_write(int fd, uint64_t value) {
  dynamic_cast<SimEventFd&>(*file(fd)).add(value);
  return 0;
}

int SimKernel::epoll_create1(int) { return as_call(open(std::make_shared<SimEpoll>())); }

int SimKernel::epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  auto& set = dynamic_cast<SimEpoll&>(*file(epoll));
  if (operation == EPOLL_CTL_DEL) return as_call(set.remove(fd));
  if (fails(faults_.no_memory)) {
    if (SimSocket* socket = socket_of(fd)) socket->harm();
    return as_call(random_.chance(0.5) ? -ENOMEM : -ENOSPC);
  }
  return as_call(set.add(fd, file(fd), *event));
}

int SimKernel::wait_for(SimEpoll& epoll, epoll_event* events, int count, Time until) {
  wait_ = {.on = &epoll, .until = until};
  if (fails(faults_.interrupted)) return as_call(-EINTR);
  const int taken = epoll.take(*this, events, count);
  if (taken > 0) wait_.until = network_.now();
  return taken;
}

int SimKernel::epoll_wait(int epoll, epoll_event* events, int count, int wait_ms) {
  const Time until = wait_ms < 0 ? kNever : network_.now() + std::chrono::milliseconds(wait_ms);
  return wait_for(dynamic_cast<SimEpoll&>(*file(epoll)), events, count, until);
}

int SimKernel::epoll_pwait2(int epoll, epoll_event* events, int count, const timespec* wait) {
  const Duration length =
      std::chrono::seconds(wait->tv_sec) + std::chrono::nanoseconds(wait->tv_nsec);
  return wait_for(dynamic_cast<SimEpoll&>(*file(epoll)), events, count, network_.now() + length);
}

SimRing& SimKernel::ring_of(const io_uring* ring) {
  auto found = std::ranges::find_if(rings_, [&](const auto& one) { return one->is(ring); });
  ECHOD_CHECK(found != rings_.end());
  return **found;
}

int SimKernel::uring_setup(unsigned entries, io_uring* ring, io_uring_params* params) {
  if (fails(faults_.no_memory)) return -ENOMEM;
  rings_.push_back(std::make_unique<SimRing>(*this, *ring, entries, *params));
  return 0;
}

void SimKernel::uring_exit(io_uring* ring) {
  std::erase_if(rings_, [&](const auto& one) { return one->is(ring); });
}

int SimKernel::uring_register_ring_fd(io_uring*) { return -EINVAL; }

int SimKernel::uring_register_buf_ring(io_uring* ring, io_uring_buf_reg* registration) {
  return ring_of(ring).register_buffers(*registration);
}

int SimKernel::uring_register_files_sparse(io_uring*, unsigned) { return -EINVAL; }
int SimKernel::uring_register_eventfd(io_uring*, int) { return -EINVAL; }

int SimKernel::uring_submit(io_uring* ring) { return ring_of(ring).submit(); }

int SimKernel::uring_get_events(io_uring* ring) {
  ring_of(ring).retry_requests();
  return 0;
}

int SimKernel::uring_submit_and_get_events(io_uring* ring) {
  SimRing& own = ring_of(ring);
  const int submitted = own.submit();
  own.retry_requests();
  wait_ = {.on = &own, .until = network_.now()};
  return submitted;
}

void SimKernel::wait_until(Time time) {
  if (!wait_.on->is_ready()) wait_.until = time;
}

int SimKernel::uring_submit_and_wait(io_uring* ring, unsigned) {
  uring_submit_and_get_events(ring);
  wait_until(kNever);
  return 0;
}

int SimKernel::uring_submit_and_wait_for(io_uring* ring, unsigned, const timespec& wait) {
  uring_submit_and_get_events(ring);
  wait_until(network_.now() + std::chrono::seconds(wait.tv_sec) +
             std::chrono::nanoseconds(wait.tv_nsec));
  return 0;
}

}  // namespace echod::sim
