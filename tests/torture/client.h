// One client: it connects, sends a stream of pattern bytes the way its Plan says, verifies what
// comes back, and ends the way its Plan says. It never blocks; a Pump tells it when it may act.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>

#include "pattern.h"
#include "socket.h"
#include "verifier.h"

namespace torture {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using Duration = Clock::duration;
using Random = std::mt19937_64;

constexpr Duration kForever = std::chrono::hours(24);

enum class Ending {
  kReadToEnd,  // reads up to the server's FIN; needs half_close
  kReset,      // sends RST
  kClose,      // closes
};

struct Plan {
  uint64_t size = 0;               // bytes to send
  size_t segment_min = 64 * 1024;  // of a send, in bytes; log-uniform up to
  size_t segment_max = 64 * 1024;
  Duration write_pause{};     // between two sends
  Duration read_delay{};      // reads nothing for so long after connecting
  size_t read_max = 1 << 18;  // bytes taken in one read
  Duration read_pause{};      // between two reads, while slow_time since connecting lasts
  Duration slow_time = kForever;
  bool lockstep = false;     // sends a segment only when the one before has come back
  bool half_close = true;    // FIN after the last byte
  bool fin_on_data = false;  // in the same segment as it
  Ending ending = Ending::kReadToEnd;
  uint64_t read_min = 0;        // bytes of echo before any other ending
  Duration hold{};              // and so long after them
  int send_buffer = 0;          // fixed, in bytes; 0: the kernel's
  std::string source{};         // a numeric IPv4 address; empty: any
  bool may_be_refused = false;  // being refused, or reset, is no fault
};

class Client {
 public:
  // `stream` tells this client's bytes from all others'. The first send and read happen when
  // started and found connected by ready().
  Client(const Address& address, Plan plan, Pattern pattern, uint64_t random_seed);

  // What to wait for: EPOLLIN, EPOLLOUT, or neither; and until when, if not for events alone.
  uint32_t interest(Time now) const;
  Time wake(Time now) const;

  // Does what can be done. `buffer` is scratch space. Returns whether anything moved.
  bool act(uint32_t events, Time now, std::span<uint8_t> buffer);

  // Sends no more than it has, reads from now on, and ends by half-close and reading to the end.
  void release(Time now);
  // Ends at once, without a fault, by FIN.
  void leave();
  // Ends with a fault: nothing moved.
  void give_up();

  bool is_done() const { return done_; }
  bool was_refused() const { return refused_; }
  bool is_connected() const { return connected_; }
  const std::optional<Fault>& fault() const { return fault_; }
  uint64_t sent() const { return sent_; }
  uint64_t received() const { return verifier_.received(); }
  // Bytes that the server's kernel has acknowledged.
  uint64_t taken() const;
  // Bytes that should have come back by now, or by the end, and did not.
  uint64_t missing() const { return lost_; }
  int fd() const { return socket_.fd(); }

 private:
  bool finish_connecting(uint32_t events, Time now);
  bool write_some(Time now, std::span<uint8_t> buffer);
  bool read_some(Time now, std::span<uint8_t> buffer);
  bool end_if_due(Time now);
  void finish_sending();
  bool wants_to_write(Time now) const;
  bool wants_to_read(Time now) const;
  size_t next_segment();
  void end_of_stream();
  void fail(Fault fault);
  void fail_errno(int error, const char* during);

  Plan plan_;
  Pattern pattern_;
  Verifier verifier_;
  Random random_;
  Socket socket_;
  Time connected_at_{};
  Time next_write_{};
  Time next_read_{};
  Time evidence_until_{};       // set at the first wrong byte
  std::optional<Time> end_at_;  // for hold
  uint64_t sent_ = 0;
  size_t segment_left_ = 0;
  uint64_t lost_ = 0;
  bool connected_ = false;
  bool refused_ = false;
  bool finished_sending_ = false;
  bool done_ = false;
  std::optional<Fault> fault_;
};

}  // namespace torture
