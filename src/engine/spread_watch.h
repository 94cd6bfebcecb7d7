// Monitors Spread::kAuto. Distribution by receiving CPU is fastest as long as all CPUs receive
// packets. A network card with a single queue delivers everything to one CPU, whose loop would do
// all the work while the others are idle. When that happens, the preference is dropped, and the
// kernel's hash distributes new connections. Thread-safe: every loop reports, and any report may
// trigger the change.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "base/clock.h"

namespace echod {

class SpreadWatch {
 public:
  // How often a loop reports.
  static constexpr Duration kInterval = std::chrono::seconds(1);

  explicit SpreadWatch(size_t loops);

  // Reports for loop `loop`: the fraction of a CPU it used since its last report (0 to 1), and its
  // connections. Returns whether to drop the preference, permanently.
  bool report(size_t loop, double busy, size_t connections);

  // Whether the preference was dropped.
  bool preference_dropped() const { return preference_dropped_.load(std::memory_order_relaxed); }

 private:
  // A loop above kOverloaded has hardly any capacity left; one below kIdle could take half of its
  // work.
  static constexpr double kOverloaded = 0.8;
  static constexpr double kIdle = 0.4;

  // A hash cannot distribute fewer connections evenly either.
  static constexpr size_t kConnectionsMin = 16;

  // Consecutive reports required, since load fluctuates.
  static constexpr int kReportsMin = 3;

  struct Cell {
    std::atomic<double> busy = 1;
    int overloaded_reports = 0;  // of this loop
  };

  size_t loops_;
  std::unique_ptr<Cell[]> cells_;
  std::atomic<bool> preference_dropped_ = false;
};

}  // namespace echod
