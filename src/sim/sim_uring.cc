#include "sim/sim_uring.h"

#include <poll.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <utility>

#include "base/check.h"

namespace echod::sim {

SimRing::Request::~Request() {
  if (file != nullptr) file->unwatch(*this);
  std::erase(ring->ready_requests_, this);
}

void SimRing::Request::on_events(SimFile&, uint32_t) {
  if (std::exchange(queued, true)) return;
  ring->ready_requests_.push_back(this);
  ring->shared_.sq_flags |= IORING_SQ_TASKRUN;
}

SimRing::SimRing(SimKernel& kernel, io_uring& ring, unsigned entries, const io_uring_params& params)
    : kernel_(kernel), ring_(ring) {
  entries = std::min(entries, 64u);
  const unsigned completions =
      std::min(params.cq_entries, 1u << kernel.random().between(2, 7));  // 4 to 128
  requests_.resize(entries);
  completions_.resize(completions);
  array_.resize(entries);
  shared_.sq_entries = entries;
  shared_.sq_mask = entries - 1;
  shared_.cq_entries = completions;
  shared_.cq_mask = completions - 1;
  ring = {};
  ring.sq = {.khead = &shared_.sq_head,
             .ktail = &shared_.sq_tail,
             .kring_mask = &shared_.sq_mask,
             .kring_entries = &shared_.sq_entries,
             .kflags = &shared_.sq_flags,
             .kdropped = &shared_.sq_dropped,
             .array = array_.data(),
             .sqes = requests_.data(),
             .sqe_head = 0,
             .sqe_tail = 0,
             .ring_sz = 0,
             .ring_ptr = nullptr,
             .ring_mask = shared_.sq_mask,
             .ring_entries = entries,
             .pad = {}};
  ring.cq = {.khead = &shared_.cq_head,
             .ktail = &shared_.cq_tail,
             .kring_mask = &shared_.cq_mask,
             .kring_entries = &shared_.cq_entries,
             .kflags = &shared_.cq_flags,
             .koverflow = &shared_.cq_overflow,
             .cqes = completions_.data(),
             .ring_sz = 0,
             .ring_ptr = nullptr,
             .ring_mask = shared_.cq_mask,
             .ring_entries = completions,
             .pad = {}};
  ring.ring_fd = -1;
  ring.enter_ring_fd = -1;
}

SimRing::~SimRing() { under_way_.clear(); }

unsigned SimRing::completions() const { return shared_.cq_tail - shared_.cq_head; }

bool SimRing::is_ready() const {
  return completions() > 0 || !overflowed_.empty() || !ready_requests_.empty();
}

bool SimRing::works_on(const SimFile& file) const {
  return std::ranges::any_of(under_way_,
                             [&](const auto& request) { return request->file.get() == &file; });
}

int SimRing::register_buffers(const io_uring_buf_reg& registration) {
  if (kernel_.fails(kernel_.faults().no_memory)) return -ENOMEM;
  buffers_[registration.bgid] = {
      .shared = reinterpret_cast<io_uring_buf_ring*>(registration.ring_addr),
      .mask = registration.ring_entries - 1};
  return 0;
}

int SimRing::submit() {
  int count = 0;
  for (; shared_.sq_head != ring_.sq.sqe_tail; ++shared_.sq_head, ++count) {
    issue(io_uring_sqe(requests_[shared_.sq_head & shared_.sq_mask]));
  }
  shared_.sq_tail = shared_.sq_head;
  ring_.sq.sqe_head = ring_.sq.sqe_tail;
  return count;
}

void SimRing::retry_requests() {
  if (kernel_.fails(kernel_.faults().reordered)) kernel_.random().shuffle(ready_requests_);
  std::vector<Request*> later;
  while (!ready_requests_.empty()) {
    Request* request = ready_requests_.front();
    ready_requests_.erase(ready_requests_.begin());
    if (kernel_.fails(kernel_.faults().late)) {
      later.push_back(request);
      continue;
    }
    request->queued = false;
    if (std::optional<Outcome> outcome = attempt(*request)) finish(*request, *outcome);
  }
  ready_requests_.insert(ready_requests_.end(), later.begin(), later.end());
  if (ready_requests_.empty()) shared_.sq_flags &= ~unsigned{IORING_SQ_TASKRUN};
  while (!overflowed_.empty() && completions() < shared_.cq_entries) {
    put(overflowed_.front());
    overflowed_.pop_front();
  }
  if (overflowed_.empty()) shared_.sq_flags &= ~unsigned{IORING_SQ_CQ_OVERFLOW};
}

void SimRing::issue(const io_uring_sqe& sqe) {
  switch (sqe.opcode) {
    case IORING_OP_ASYNC_CANCEL:
      cancel(sqe);
      return;
    case IORING_OP_URING_CMD:
      set_option(sqe);
      return;
    case IORING_OP_ACCEPT:
    case IORING_OP_CONNECT:
    case IORING_OP_RECV:
    case IORING_OP_SEND:
    case IORING_OP_POLL_ADD:
      break;
    default:
      ECHOD_CHECK(false);  // a request that this model does not support
  }
  auto request = std::make_unique<Request>();
  request->ring = this;
  request->sqe = sqe;
  request->file = kernel_.file(sqe.fd);
  ECHOD_CHECK(request->file != nullptr);
  if (std::optional<Outcome> outcome = attempt(*request)) {
    complete(sqe.user_data, *outcome);
    return;
  }
  request->file->watch(*request);
  under_way_.push_back(std::move(request));
}

std::optional<SimRing::Outcome> SimRing::attempt(Request& request) {
  switch (request.sqe.opcode) {
    case IORING_OP_ACCEPT:
      return attempt_accept(request);
    case IORING_OP_CONNECT:
      return attempt_connect(request);
    case IORING_OP_RECV:
      return attempt_receive(request);
    case IORING_OP_SEND:
      return attempt_send(request);
    default: {
      const uint32_t ready = request.file->ready() & request.sqe.poll32_events;
      if (ready == 0) return std::nullopt;
      return Outcome{static_cast<int>(ready)};
    }
  }
}

std::optional<SimRing::Outcome> SimRing::attempt_accept(Request& request) {
  const int result = kernel_.accept_from(dynamic_cast<SimSocket&>(*request.file),
                                         reinterpret_cast<sockaddr*>(request.sqe.addr),
                                         reinterpret_cast<socklen_t*>(request.sqe.addr2));
  if (result == -EAGAIN) return std::nullopt;
  return Outcome{result};
}

std::optional<SimRing::Outcome> SimRing::attempt_connect(Request& request) {
  auto& socket = dynamic_cast<SimSocket&>(*request.file);
  const auto* address = reinterpret_cast<const sockaddr*>(request.sqe.addr);
  const int result =
      socket.connect(Endpoint::from_sockaddr(address, static_cast<socklen_t>(request.sqe.off)));
  if (result == -EINPROGRESS || result == -EALREADY) return std::nullopt;
  return Outcome{result == -EISCONN ? 0 : result};
}

std::optional<SimRing::Outcome> SimRing::attempt_receive(Request& request) {
  auto& socket = dynamic_cast<SimSocket&>(*request.file);
  if ((socket.ready() & POLLIN) == 0) return std::nullopt;
  ECHOD_CHECK((request.sqe.flags & IOSQE_BUFFER_SELECT) != 0);
  BufferRing& buffers = buffers_.at(request.sqe.buf_group);
  const bool empty = buffers.head == buffers.shared->tail;
  if (empty || kernel_.fails(kernel_.faults().no_buffers)) return Outcome{-ENOBUFS};
  const io_uring_buf& buffer = buffers.shared->bufs[buffers.head & buffers.mask];
  const ssize_t result =
      kernel_.receive_from(socket, reinterpret_cast<void*>(buffer.addr), buffer.len);
  if (result == -EAGAIN) return std::nullopt;
  // Some kernels keep a buffer that was picked but not used, others hand it over.
  if (result <= 0 && kernel_.random().chance(0.5)) return Outcome{static_cast<int>(result)};
  ++buffers.head;
  return Outcome{static_cast<int>(result),
                 IORING_CQE_F_BUFFER | uint32_t{buffer.bid} << IORING_CQE_BUFFER_SHIFT};
}

std::optional<SimRing::Outcome> SimRing::attempt_send(Request& request) {
  auto& socket = dynamic_cast<SimSocket&>(*request.file);
  const auto* from = reinterpret_cast<const char*>(request.sqe.addr);
  while (request.sent < request.sqe.len) {
    const ssize_t result =
        kernel_.send_to(socket, from + request.sent, request.sqe.len - request.sent);
    if (result == -EAGAIN) {
      const bool short_send = request.sent > 0 && kernel_.fails(kernel_.faults().short_write);
      if (!short_send) return std::nullopt;
      break;
    }
    if (result < 0 && request.sent == 0) return Outcome{static_cast<int>(result)};
    if (result < 0) break;
    request.sent += static_cast<size_t>(result);
  }
  return Outcome{static_cast<int>(request.sent)};
}

void SimRing::set_option(const io_uring_sqe& sqe) { complete(sqe.user_data, Outcome{-EOPNOTSUPP}); }

// The request may already be complete, or complete in another way than by cancellation.
void SimRing::cancel(const io_uring_sqe& sqe) {
  auto found = std::ranges::find_if(
      under_way_, [&](const auto& request) { return request->sqe.user_data == sqe.addr; });
  if (found == under_way_.end()) {
    complete(sqe.user_data, Outcome{-ENOENT});
    return;
  }
  Request& request = **found;
  std::optional<Outcome> outcome;
  if (request.queued && kernel_.random().chance(0.5)) outcome = attempt(request);
  const bool told_first = kernel_.random().chance(0.5);
  if (told_first) complete(sqe.user_data, Outcome{outcome ? -EALREADY : 0});
  const size_t sent = request.sent;
  const Outcome cancelled{sent > 0 ? static_cast<int>(sent) : -ECANCELED};
  finish(request, outcome.value_or(cancelled));
  if (!told_first) complete(sqe.user_data, Outcome{outcome ? -EALREADY : 0});
}

void SimRing::finish(Request& request, const Outcome& outcome) {
  complete(request.sqe.user_data, outcome);
  std::erase_if(under_way_, [&](const auto& one) { return one.get() == &request; });
}

void SimRing::complete(uint64_t user_data, const Outcome& outcome) {
  io_uring_cqe completion{};
  completion.user_data = user_data;
  completion.res = outcome.result;
  completion.flags = outcome.flags;
  if (completions() < shared_.cq_entries && overflowed_.empty()) {
    put(completion);
    return;
  }
  overflowed_.push_back(completion);
  shared_.sq_flags |= IORING_SQ_CQ_OVERFLOW;
}

void SimRing::put(const io_uring_cqe& completion) {
  completions_[shared_.cq_tail & shared_.cq_mask] = completion;
  ++shared_.cq_tail;
}

}  // namespace echod::sim
