// The completion loop: io_uring(7). Operations are submitted to the kernel, which reports their
// completion. Bytes are received into buffers lent to the kernel in advance (a provided-buffer
// ring). It picks one only when bytes have arrived, so an idle connection holds none. Twin of
// epoll_loop.
#pragma once

#include <memory>
#include <vector>

#include "base/chunk.h"
#include "engine/loop/event_loop.h"
#include "engine/loop/ready_queue.h"
#include "engine/loop/spinner.h"
#include "engine/loop/timer_wheel.h"
#include "engine/loop/waker.h"
#include "engine/uring/uring_ring.h"

namespace echod {

class UringLoop final : public EventLoop, private DirectSockets {
 public:
  // How many sends one wake-up may complete without waiting before it yields to others.
  static constexpr int kOperationsPerWakeUp = 16;

  // Create it on the thread that will run it: the kernel ties the ring to that thread
  // (IORING_SETUP_SINGLE_ISSUER). Fails if the kernel lacks or forbids io_uring.
  //
  // `direct_max`: how many sockets it may accept beyond the process's descriptor limit, as direct
  // descriptors in the tables of further rings, which are created when needed. 0: none.
  static Result<std::unique_ptr<EventLoop>> create(const BufferPool::Options& buffers,
                                                   Duration spin_max = Duration::zero(),
                                                   size_t direct_max = 0);

  ~UringLoop() override;

  bool start(Operation& operation) override;
  void cancel(Operation& operation, Error reason) override;
  void run_once_by(Deadline latest) override;
  void request(Phase phase) override { waker_.request(phase); }
  Phase phase() const override { return phase_; }
  bool nudge() noexcept override {
    waker_.wake();
    return true;
  }
  BufferPool& buffers() override { return buffers_; }
  void add_to(WorkerTotals& totals) const override;
  Time now() const override { return now_; }
  Time precise_now() const override;

 private:
  // User data of completions that belong to no operation: values that are no valid pointers.
  static constexpr uint64_t kNobody = 0;  // the result is ignored
  static constexpr uint64_t kWaker = 1;
  static constexpr uint64_t kRingEvent = 2;  // plus the number of the ring with completions
  static constexpr uint64_t kRingEventEnd = kRingEvent + UINT16_MAX;
  static constexpr uint64_t kShutdown = uint64_t{1} << 63;  // plus the ring's number and the slot

  // A direct descriptor whose shutdown the kernel has not confirmed, and whether to close it then.
  struct ShuttingDown {
    DirectSlot slot;
    bool close = false;
  };

  UringLoop(const BufferPool::Options& buffers, Duration spin_max, size_t direct_max);

  Result<void> attach(Socket& socket) override;
  void detach(Socket& socket) noexcept override;
  Result<void> send_now(Socket& socket, Chunk& chunk, Deadline deadline) override;
  void close_direct(DirectSlot slot) noexcept override;
  void shut_down_direct(DirectSlot slot) noexcept override;
  void set_direct_option(DirectSlot slot, int level, int name, const void* value,
                         uint32_t size) noexcept override;

  Result<void> open();
  io_uring& first() { return rings_.front()->get(); }
  void submit(Operation& operation);
  void prepare_accept(Operation& operation);
  Result<void> measure_descriptors();
  uint16_t ring_for_accept();
  bool open_further_ring();
  void watch_waker();
  void watch_ring(size_t ring);
  bool serve_further_rings();
  void finish_shutdown(uint64_t user_data);
  void take_completions(UringRing& ring);
  void wait(bool sleep, Deadline latest);
  bool busy_poll(Time end);
  bool work_waits();
  void park(Operation& operation);
  void cancel_in_kernel(Operation& operation);
  void complete(Operation& operation);
  void enter_requested_phase();
  void expire_timers();
  void handle_completion(UringRing& ring, uint64_t user_data, int result, unsigned flags);
  bool finish(UringRing& ring, Operation& operation, int result, unsigned flags);
  bool finish_accept(UringRing& ring, Operation& operation, int result);
  bool finish_receive(UringRing& ring, Operation& operation, int result, unsigned flags);
  bool receive_bulk(Operation& operation);
  void process_ready();
  void retry_starved();

  Time now_;
  Time waits_since_ = kNever;  // when this round's work ended and its wait began; kNever: no wait
  LoopCells cells_;
  Waker waker_;
  Phase phase_ = Phase::kServing;
  BufferPool buffers_;
  BufferPool bulk_{kBulkBuffers};
  TimerWheel timers_;
  ReadyQueue ready_;    // sleeps that have ended
  ReadyQueue starved_;  // receives for which the kernel had no buffer
  Spinner spinner_;
  int budget_ = kOperationsPerWakeUp;

  // The first ring, on which the thread waits and whose sockets are descriptors, then those with
  // tables.
  std::vector<std::unique_ptr<UringRing>> rings_;
  size_t direct_max_;
  int last_descriptor_ = -1;  // of the newest connection; -1 once any was closed since
  int descriptors_last_ = 0;  // above this number, connections become direct descriptors
  std::vector<ShuttingDown> shutting_down_;
  unsigned direct_slots_ = 0;  // in each table
};

}  // namespace echod
