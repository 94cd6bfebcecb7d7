// The completion loop: io_uring(7). An operation is handed to the kernel and comes back done.
// Received bytes land in buffers lent to the kernel beforehand (a provided-buffer ring), which it
// picks only when bytes are there, so an idle connection holds none. Twin of epoll_loop.
#pragma once

#include <sys/mman.h>

#include <memory>

#include "base/chunk.h"
#include "engine/event_loop.h"
#include "engine/ready_queue.h"
#include "engine/spinner.h"
#include "engine/timer_wheel.h"
#include "engine/uring_compat.h"
#include "engine/waker.h"

namespace echod {

class UringLoop final : public EventLoop {
 public:
  // To be created on the thread that will run it: the kernel ties the ring to its thread
  // (IORING_SETUP_SINGLE_ISSUER). Fails where the kernel lacks or forbids io_uring.
  static Result<std::unique_ptr<EventLoop>> create(const BufferPool::Options& buffers,
                                                   Duration spin_max = Duration::zero());

  ~UringLoop() override;

  bool start(Operation& operation) override;
  void cancel(Operation& operation, Error reason) override;
  void run_once_by(Deadline latest) override;
  void request(Phase phase) override { waker_.request(phase); }
  Phase phase() const override { return phase_; }
  BufferPool& buffers() override { return buffers_; }
  Time now() const override { return now_; }

 private:
  // Buffers lent to the kernel: as many as may be filled between two rounds. Starts small, because
  // each is memory that gets touched, and doubles when the kernel runs out.
  static constexpr unsigned kLentMin = 64;
  static constexpr unsigned kLentMax = 1024;  // the size of the ring: a power of two

  UringLoop(const BufferPool::Options& buffers, Duration spin_max);

  Result<void> attach(Socket& socket) override;
  void detach(Socket& socket) noexcept override;

  Result<void> open();
  io_uring_sqe* next_sqe();
  void submit(Operation& operation);
  void watch_waker();
  void lend_buffers();
  void wait(Deadline latest);
  bool look(Time end);
  bool work_waits() const;
  void park(Operation& operation);
  void cancel_in_kernel(Operation& operation);
  void complete(Operation& operation);
  void enter_requested_phase();
  void expire_timers();
  void handle_completion(uint64_t user_data, int result, unsigned flags);
  bool finish(Operation& operation, int result, unsigned flags);
  bool finish_receive(Operation& operation, int result, unsigned flags);
  void look_at_ready();

  MonotonicClock clock_;
  Time now_;
  Waker waker_;
  Phase phase_ = Phase::kServing;
  BufferPool buffers_;
  TimerWheel timers_;
  ReadyQueue ready_;
  Spinner spinner_;
  io_uring ring_{};
  bool ring_open_ = false;
  io_uring_buf_ring* lent_ring_ = nullptr;  // shared with the kernel; mapped by open()
  std::vector<bool> lent_;                  // by buffer id: lent to the kernel now
  unsigned lent_count_ = 0;
  unsigned lent_target_ = kLentMin;
};

}  // namespace echod
