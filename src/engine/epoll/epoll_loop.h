// The readiness loop: epoll(7), edge-triggered, each socket registered once. An operation is tried
// first and waits only on EAGAIN. A buffer is leased only when bytes have arrived, so an idle
// connection holds none. Twin of uring_loop.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <memory>
#include <vector>

#include "base/chunk.h"
#include "engine/loop/event_loop.h"
#include "engine/loop/ready_queue.h"
#include "engine/loop/spinner.h"
#include "engine/loop/timer_wheel.h"
#include "engine/loop/waker.h"
#include "net/fd.h"

namespace echod {

class EpollLoop final : public EventLoop {
 public:
  // How many operations one wake-up may complete without waiting before it yields to others.
  static constexpr int kOperationsPerWakeUp = 16;

  // Fails if the process is out of descriptors (it needs two).
  static Result<std::unique_ptr<EventLoop>> create(const BufferPool::Options& buffers,
                                                   Duration spin_max = Duration::zero());

  ~EpollLoop() override;

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
  static constexpr size_t kEventsPerWait = 256;

  // The loop's state of a socket. Slots are reused; the generation distinguishes a late event for
  // the previous socket from one for the current socket.
  struct Slot {
    Operation* receiving = nullptr;  // parked until readable: a receive or an accept
    Operation* sending = nullptr;    // parked until writable: a send or a connect
    uint32_t generation = 0;
    bool readable = false;  // no EAGAIN or short read since the last event
    bool writable = false;
    bool ask_again = false;  // the peer sent FIN, RST or urgent data: a short read
                             // does not mean that the buffer is empty
  };

  EpollLoop(const BufferPool::Options& buffers, Duration spin_max);

  Result<void> attach(Socket& socket) override;
  void detach(Socket& socket) noexcept override;
  Result<void> send_now(Socket& socket, Chunk& chunk, Deadline deadline) override;

  bool try_now(Operation& operation);
  bool try_on(Operation& operation, Slot& slot);
  bool try_accept(Operation& operation, Slot& slot);
  bool try_connect(Operation& operation, Slot& slot);
  bool try_receive(Operation& operation, Slot& slot);
  bool try_send(Operation& operation, Slot& slot);
  void park(Operation& operation);
  void park_on(Operation& operation, Slot& slot);
  void unpark(Operation& operation);
  void complete(Operation& operation);
  int poll(int wait_ms);
  int wait(Deadline latest);
  int sleep(Time now, Time next, Deadline latest);
  void enter_requested_phase();
  void expire_timers();
  void dispatch(const epoll_event& event);
  void wake_parked(uint32_t slot_index, uint32_t generation, Operation* Slot::* parked);
  void process_ready();

  Time now_;
  Time waits_since_ = kNever;  // when this round's work ended and its wait began; kNever: no wait
  LoopCells cells_;
  Fd epoll_;
  Waker waker_;
  Phase phase_ = Phase::kServing;
  BufferPool buffers_;
  BufferPool bulk_{kBulkBuffers};
  TimerWheel timers_;
  ReadyQueue ready_;
  Spinner spinner_;
  int budget_ = kOperationsPerWakeUp;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_slots_;
  std::array<epoll_event, kEventsPerWait> events_;
};

}  // namespace echod
