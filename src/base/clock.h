// Time comes from a Clock that is passed in, so tests can make it pass; deadlines are absolute, so
// a peer that dribbles bytes cannot extend them.
#pragma once

#include <chrono>
#include <cstdint>

namespace echod {

using Duration = std::chrono::nanoseconds;

// A point on the monotonic clock. Wall-clock jumps never move it.
using Time = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// When a wait must end. kNever is for waits whose end something else guarantees.
using Deadline = Time;
inline constexpr Deadline kNever = Time::max();

// `delay` from `now`; kNever where `delay` is zero, which options use for "no limit".
constexpr Deadline deadline_after(Time now, Duration delay) {
  if (delay <= Duration::zero() || delay > kNever - now) return kNever;
  return now + delay;
}

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

class MonotonicClock final : public Clock {
 public:
  Time now() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace echod
