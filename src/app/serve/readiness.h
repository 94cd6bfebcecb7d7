// Whether the server wants new work: what /readyz says. Thread-safe.
#pragma once

#include <atomic>

namespace echod {

class Readiness {
 public:
  // False from the first moment of a shutdown on, though the server still accepts for the drain
  // delay: load balancers need that time to notice.
  bool is_ready() const { return !stopping_.load(std::memory_order_acquire); }

  void stop() { stopping_.store(true, std::memory_order_release); }

 private:
  std::atomic<bool> stopping_{false};
};

}  // namespace echod
