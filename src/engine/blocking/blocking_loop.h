// The blocking loop: the classic blocking system calls. With one operation pending it calls
// accept(2), recv(2) or send(2) and sleeps in it; with several it uses poll(2). Each thread of the
// sequential, threads and pool engines has one.
#pragma once

#include <poll.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "base/chunk.h"
#include "engine/loop/event_loop.h"

namespace echod {

class BlockingLoop final : public EventLoop {
 public:
  // receive_size_max: maximum bytes of one receive, at most a buffer.
  BlockingLoop(const BufferPool::Options& buffers, size_t receive_size_max);
  ~BlockingLoop() override;

  bool start(Operation& operation) override;
  void cancel(Operation& operation, Error reason) override;
  void run_once_by(Deadline latest) override;
  void request(Phase phase) override;
  Phase phase() const override { return phase_; }
  BufferPool& buffers() override { return buffers_; }
  void add_to(WorkerTotals& totals) const override { add_buffers(totals, buffers_); }
  Time now() const override { return clock_.now(); }

 private:
  Result<void> attach(Socket& socket) override;
  void detach(Socket& socket) noexcept override;

  void reserve_operations(size_t count);
  void remember_listener(int socket);
  void complete(Operation& operation);
  void complete_finished();
  bool take_ended();
  void perform_alone(Operation& operation);
  int poll_waits(int wait_ms);
  void perform_ready();
  void stop_waiting();
  void recognise_interruption(Operation& operation);
  void wait_until(Deadline deadline);
  void set_timeout(const Operation& operation);
  bool try_once(Operation& operation, int flags);
  bool try_accept(Operation& operation);
  bool try_connect(Operation& operation, int flags);
  bool try_receive(Operation& operation, int flags);
  bool try_send(Operation& operation, int flags);

  struct Attached {
    int fd;
    bool shared = false;  // see Listener::shared
    uint32_t receive_timeout_ms =
        0;  // the current SO_RCVTIMEO, 0 for none; used by this thread only
    uint32_t send_timeout_ms = 0;
  };

  MonotonicClock clock_;
  BufferPool buffers_;
  size_t receive_size_max_;
  Phase phase_ = Phase::kServing;
  std::vector<Operation*> pending_;  // in the order in which they were started

  // A shared listener cannot be shut down to interrupt an accept(2), so the thread looks this often
  // whether another phase was requested.
  static constexpr int kSharedPollMs = 50;

  // Scratch space of the current round; members, so that no round has to allocate.
  std::vector<Operation*> finished_;
  std::vector<Operation*> waiting_;
  std::vector<pollfd> waits_;  // what each of `waiting_` waits for

  // What another thread needs to interrupt the call in which this one sleeps.
  std::mutex mutex_;
  std::condition_variable interrupted_;
  Phase requested_ = Phase::kServing;
  std::vector<Attached> sockets_;  // changed only by this thread
  std::vector<int> listeners_;     // the listening ones
  std::vector<int> idle_sockets_;  // of operations of this round that end on drain
};

}  // namespace echod
