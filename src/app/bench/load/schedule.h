// When an open loop's messages are due: evenly over time, and in turn over the connections, so that
// they never fire together. Message k of connection i of C is due at (k * C + i) / rate.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace echod {

class Schedule {
 public:
  // `rate` > 0 messages a second over all `connections`, from `start` on.
  Schedule(Time start, double rate, uint64_t connections)
      : start_(start), gap_ns_(1e9 / rate), connections_(connections) {}

  // A rounding to whole nanoseconds of the product, so that no error adds up.
  Time due(uint64_t connection, uint64_t message) const {
    const auto place = static_cast<double>(message * connections_ + connection);
    return start_ + Duration(static_cast<int64_t>(place * gap_ns_));
  }

  // The first message of `connection` that is due at `time` or later.
  uint64_t first_from(uint64_t connection, Time time) const {
    if (time <= due(connection, 0)) return 0;
    const double round_ns = gap_ns_ * static_cast<double>(connections_);
    auto message =
        static_cast<uint64_t>(static_cast<double>((time - due(connection, 0)).count()) / round_ns);
    while (due(connection, message) < time) ++message;
    return message;
  }

 private:
  Time start_;
  double gap_ns_;
  uint64_t connections_;
};

}  // namespace echod
