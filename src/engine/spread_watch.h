// Watches over Spread::kAuto. Giving each client to the loop on the processor its packets come in
// on is the fastest way as long as packets come in on all of them. A network card with a single
// queue delivers everything to one processor, and its loop would do all the work while others idle.
// When that happens the preference is given up, and new clients are spread by the kernel's hash.
// Thread-safe: every loop reports, and any of them may find out.
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

  // What loop `loop` did since its last report: the share of a processor it used (0 to 1) and the
  // connections it has. Returns whether the preference is to be given up, from now on for good.
  bool report(size_t loop, double busy, size_t connections);

  // Whether it was given up.
  bool given_up() const { return given_up_.load(std::memory_order_relaxed); }

 private:
  // A loop that uses this much of its processor can hardly do more; one that uses less than kIdle
  // could take half of its work.
  static constexpr double kOverloaded = 0.8;
  static constexpr double kIdle = 0.4;

  // Fewer connections cannot be spread evenly by a hash either.
  static constexpr size_t kConnectionsMin = 16;

  // Reports in a row that must say so: load comes and goes.
  static constexpr int kReportsMin = 3;

  struct Cell {
    std::atomic<double> busy = 1;
    int overloaded_reports = 0;  // its own loop's
  };

  size_t loops_;
  std::unique_ptr<Cell[]> cells_;
  std::atomic<bool> given_up_ = false;
};

}  // namespace echod
