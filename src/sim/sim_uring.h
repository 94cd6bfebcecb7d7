// io_uring(7), as much of it as UringLoop uses, with the freedom of the real one: completions may
// come in any order, be late, overflow, and race with their cancellation.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "net/uring_compat.h"
#include "sim/sim_file.h"
#include "sim/sim_kernel.h"

namespace echod::sim {

class SimRing final : public SimWaitable {
 public:
  // Lays out `ring` in its own memory, with a far smaller completion queue than requested, so that
  // it overflows.
  SimRing(SimKernel& kernel, io_uring& ring, unsigned entries, const io_uring_params& params);
  ~SimRing();

  bool is(const io_uring* ring) const { return ring == &ring_; }
  bool is_ready() const override;

  // Whether a request for `file` is in flight.
  bool works_on(const SimFile& file) const;

  int register_buffers(const io_uring_buf_reg& registration);

  // Takes the prepared requests. Returns how many.
  int submit();

  // Retries the requests whose sockets had events, and posts completions that did not fit before.
  void retry_requests();

 private:
  struct Request final : SimWatcher {
    SimRing* ring = nullptr;
    io_uring_sqe sqe{};
    std::shared_ptr<SimFile> file;
    size_t sent = 0;
    bool queued = false;

    ~Request();
    void on_events(SimFile& file, uint32_t events) override;
  };

  struct BufferRing {
    io_uring_buf_ring* shared = nullptr;
    unsigned mask = 0;
    uint16_t head = 0;
  };

  struct Outcome {
    int result;
    uint32_t flags = 0;
  };

  void issue(const io_uring_sqe& sqe);
  std::optional<Outcome> attempt(Request& request);
  std::optional<Outcome> attempt_accept(Request& request);
  std::optional<Outcome> attempt_connect(Request& request);
  std::optional<Outcome> attempt_receive(Request& request);
  std::optional<Outcome> attempt_send(Request& request);
  void set_option(const io_uring_sqe& sqe);
  void cancel(const io_uring_sqe& sqe);
  void finish(Request& request, const Outcome& outcome);
  void complete(uint64_t user_data, const Outcome& outcome);
  void put(const io_uring_cqe& completion);
  unsigned completions() const;

  SimKernel& kernel_;
  io_uring& ring_;
  std::vector<io_uring_sqe> requests_;
  std::vector<io_uring_cqe> completions_;
  std::vector<unsigned> array_;
  struct {
    unsigned sq_head = 0, sq_tail = 0, sq_mask = 0, sq_entries = 0, sq_flags = 0, sq_dropped = 0;
    unsigned cq_head = 0, cq_tail = 0, cq_mask = 0, cq_entries = 0, cq_flags = 0, cq_overflow = 0;
  } shared_;
  std::map<uint16_t, BufferRing> buffers_;
  std::vector<std::unique_ptr<Request>> under_way_;
  std::vector<Request*> ready_requests_;
  std::deque<io_uring_cqe> overflowed_;
};

}  // namespace echod::sim
