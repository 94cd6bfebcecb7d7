#include "engine/uring/uring_ring.h"

#include <sys/eventfd.h>

#include <cerrno>

#include "base/check.h"

namespace echod {

UringRing::UringRing(Kernel& kernel, BufferPool& buffers, const Size& size)
    : kernel_(kernel), size_(size), buffers_(buffers), slots_free_(size.direct_slots) {}

UringRing::~UringRing() {
  if (open_) kernel_.uring_exit(&ring_);
}

Result<void> UringRing::open() {
  io_uring_params params{};
  // SINGLE_ISSUER and DEFER_TASKRUN: completions are processed when this thread asks for them, not
  // at arbitrary points; this gives a third more throughput (measured, see ARCHITECTURE.md).
  // TASKRUN_FLAG: the kernel signals pending work in memory, for busy-polling without a system
  // call.
  params.flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_SINGLE_ISSUER |
                 IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG;
  params.cq_entries = size_.completions;
  if (int result = kernel_.uring_setup(size_.submissions, &ring_, &params); result < 0) {
    return std::unexpected(os_failure(-result));
  }
  open_ = true;
  kernel_.uring_register_ring_fd(&ring_);  // optional: saves a lookup per call
  if (Result<void> opened = buffers_.open(ring_, kernel_); !opened) return opened;
  if (size_.direct_slots == 0) return {};
  int result = kernel_.uring_register_files_sparse(&ring_, size_.direct_slots);
  if (result < 0) return std::unexpected(os_failure(-result));
  return {};
}

Result<void> UringRing::open_eventfd() {
  eventfd_ = Fd(kernel_.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!eventfd_.valid()) return std::unexpected(os_failure(errno));
  if (int result = kernel_.uring_register_eventfd(&ring_, eventfd_.get()); result < 0) {
    return std::unexpected(os_failure(-result));
  }
  return {};
}

void UringRing::clear_eventfd() noexcept {
  eventfd_t count = 0;
  kernel_.eventfd_read(eventfd_.get(), &count);
  signalled_ = true;
}

io_uring_sqe* UringRing::next_sqe() {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  if (sqe == nullptr) {
    kernel_.uring_submit(&ring_);
    sqe = io_uring_get_sqe(&ring_);
  }
  ECHOD_CHECK(sqe != nullptr);
  return sqe;
}

}  // namespace echod
