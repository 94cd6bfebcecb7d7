// Runs many clients at once in one thread, and sums up how they fared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "client.h"
#include "context.h"

namespace torture {

// How the clients of a case fared.
struct Tally {
  uint64_t clients = 0;   // started
  uint64_t refused = 0;   // of them, where that is no fault
  uint64_t sent = 0;      // bytes
  uint64_t received = 0;  // bytes, right or wrong
  uint64_t lost = 0;      // bytes that should have come back, and did not
  uint64_t fault_count = 0;
  std::vector<Fault> faults;  // the first few

  // Nothing, or "3 faults, first: ..."
  std::string complaint() const;
};

class Pump {
 public:
  // The pump and its clients live as long as the case, the context longer.
  explicit Pump(Context& context);
  ~Pump();
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;

  // Starts `count` clients, at most `at_once` of them at a time, and returns when all have ended.
  // They are given up when nothing has moved for the context's patience. `plan` makes each one's.
  // `tick`, if there is one, is called every 20 ms or so, and may look at clients() and change
  // them.
  const Tally& run(uint64_t count, unsigned at_once, const std::function<Plan(uint64_t)>& plan,
                   const std::function<void(Time)>& tick = {});

  // Starts no more clients; those that run go on to their ends.
  void stop_starting() { stopped_ = true; }
  // Has every client that runs end by half-close (release), or at once (leave).
  void release_all();
  void leave_all();

  // Those that have not ended.
  const std::vector<std::unique_ptr<Client>>& clients() const { return clients_; }
  uint64_t received() const;  // bytes so far, by all

 private:
  struct Timer;
  struct Watch {
    uint32_t events = 0;       // registered for
    Time timer = Time::max();  // the earliest that is in timers_
  };
  void start(const Plan& plan);
  void serve(Client* client, uint32_t events, Time now);
  void settle(Client* client, Time now);
  void serve_timers(Time now);
  void collect();
  void record(const Client& client);
  int wait_ms(Time now);

  Context& context_;
  int epoll_;
  std::vector<uint8_t> buffer_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::unordered_map<Client*, Watch> watched_;
  std::vector<Timer> timers_;  // a heap, the earliest in front
  Tally tally_;
  Time moved_at_{};
  bool stopped_ = false;
  bool some_done_ = false;
};

}  // namespace torture
