// A UringLoop's connections beyond the process's descriptor limit. A table of direct descriptors is
// no larger than RLIMIT_NOFILE, but each ring has its own, so each further ring holds that many
// more connections. The thread waits only on the first ring; a further ring signals completions
// through an eventfd that the first one polls.
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "engine/loop/socket.h"
#include "engine/uring/uring_loop.h"
#include "net/kernel.h"

namespace echod {
namespace {

// Descriptors reserved for other uses than connections: each further ring takes two.
constexpr int kReservedDescriptors = 512;

// A lower limit is deliberate.
constexpr unsigned kDescriptorsMin = 1024;

constexpr UringRing::Size further_ring(unsigned slots) {
  return {.submissions = 512, .completions = 8192, .direct_slots = slots};
}

}  // namespace

Result<void> UringLoop::measure_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::unexpected(os_failure(errno));
  auto descriptors = static_cast<unsigned>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
  if (descriptors < kDescriptorsMin) direct_max_ = 0;
  direct_slots_ = std::min(descriptors, 32'768u);
  // The kernel assigns the lowest free descriptor, so the newest number shows how many there are.
  descriptors_last_ = static_cast<int>(descriptors) - kReservedDescriptors;
  return {};
}

// The ring to accept on: the first while there are descriptors, then one whose table has room;
// reserves a slot there.
uint16_t UringLoop::ring_for_accept() {
  if (direct_max_ == 0 || last_descriptor_ < descriptors_last_) return 0;
  for (size_t i = rings_.size() - 1; i > 0; --i) {
    if (rings_[i]->take_slot()) return static_cast<uint16_t>(i);
  }
  bool opened = (rings_.size() - 1) * direct_slots_ < direct_max_ && open_further_ring();
  return opened && rings_.back()->take_slot() ? static_cast<uint16_t>(rings_.size() - 1) : 0;
}

bool UringLoop::open_further_ring() {
  if (kRingEvent + rings_.size() >= kRingEventEnd) return false;
  try {
    auto ring = std::make_unique<UringRing>(kernel(), buffers_, further_ring(direct_slots_));
    if (!ring->open() || !ring->open_eventfd()) return false;
    rings_.push_back(std::move(ring));
  } catch (const std::bad_alloc&) {
    return false;
  }
  watch_ring(rings_.size() - 1);
  return true;
}

void UringLoop::watch_ring(size_t ring) {
  rings_[ring]->clear_eventfd();
  io_uring_sqe* sqe = rings_.front()->next_sqe();
  io_uring_prep_poll_add(sqe, rings_[ring]->eventfd(), POLLIN);
  io_uring_sqe_set_data64(sqe, kRingEvent + ring);
}

// Submits the prepared requests of the further rings and processes their completions. Returns
// whether there were any, since then there may be more.
bool UringLoop::serve_further_rings() {
  bool any = false;
  for (size_t i = 1; i < rings_.size(); ++i) {
    UringRing& ring = *rings_[i];
    if (!ring.take_signal() && !ring.has_prepared()) continue;
    any = true;
    ring.buffers().lend();
    kernel().uring_submit_and_get_events(&ring.get());
    take_completions(ring);
  }
  return any;
}

void UringLoop::close_direct(DirectSlot slot) noexcept {
  auto shutting = std::ranges::find(shutting_down_, slot, &ShuttingDown::slot);
  if (shutting != shutting_down_.end()) {
    shutting->close = true;
    return;
  }
  UringRing& ring = *rings_[slot.ring];
  io_uring_sqe* sqe = ring.next_sqe();
  io_uring_prep_close_direct(sqe, slot.index);
  io_uring_sqe_set_data64(sqe, kNobody);
  ring.release_slot();  // requests run in order, so a later accept finds it free
}

// The kernel passes this request to a worker thread, which resolves the slot only then. So the slot
// must not be reused for another connection before the request is complete.
void UringLoop::shut_down_direct(DirectSlot slot) noexcept {
  try {
    shutting_down_.push_back({.slot = slot});
  } catch (const std::bad_alloc&) {
    return;  // the following close sends the FIN
  }
  io_uring_sqe* sqe = rings_[slot.ring]->next_sqe();
  io_uring_prep_shutdown(sqe, static_cast<int>(slot.index), SHUT_WR);
  sqe->flags |= IOSQE_FIXED_FILE;
  io_uring_sqe_set_data64(sqe, kShutdown | uint64_t{slot.ring} << 32 | slot.index);
}

void UringLoop::finish_shutdown(uint64_t user_data) {
  DirectSlot slot{.ring = static_cast<uint16_t>(user_data >> 32),
                  .index = static_cast<uint32_t>(user_data)};
  auto shutting = std::ranges::find(shutting_down_, slot, &ShuttingDown::slot);
  ECHOD_CHECK(shutting != shutting_down_.end());
  bool close = shutting->close;
  *shutting = shutting_down_.back();
  shutting_down_.pop_back();
  if (close) close_direct(slot);
}

void UringLoop::set_direct_option(DirectSlot slot, int level, int name, const void* value,
                                  uint32_t size) noexcept {
  io_uring_sqe* sqe = rings_[slot.ring]->next_sqe();
  prepare_set_option(sqe, static_cast<int>(slot.index), level, name, value, size);
  sqe->flags |= IOSQE_FIXED_FILE;
  io_uring_sqe_set_data64(sqe, kNobody);
}

}  // namespace echod
