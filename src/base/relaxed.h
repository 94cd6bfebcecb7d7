// A value that one thread writes and any thread may read, such as a connection's counters. It costs
// what a plain one costs: loads and stores are ordinary instructions, and adding is not one locked
// instruction. So a second writer would lose counts.
#pragma once

#include <atomic>

namespace echod {

template <typename T>
class Relaxed {
 public:
  Relaxed() = default;
  Relaxed(T value) : value_(value) {}  // NOLINT: implicit, like the value itself
  Relaxed(const Relaxed& other) : value_(other.value()) {}
  Relaxed& operator=(const Relaxed& other) { return *this = other.value(); }
  Relaxed& operator=(T value) {
    value_.store(value, std::memory_order_relaxed);
    return *this;
  }
  ~Relaxed() = default;

  T value() const { return value_.load(std::memory_order_relaxed); }
  operator T() const { return value(); }  // NOLINT: implicit

  Relaxed& operator+=(T more) { return *this = static_cast<T>(value() + more); }
  Relaxed& operator++() { return *this += T{1}; }

 private:
  std::atomic<T> value_{};
};

}  // namespace echod
