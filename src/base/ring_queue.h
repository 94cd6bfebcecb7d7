// A queue in one block of memory that is reused for ever and grows when it is full: pushing and
// popping are a few instructions and, once it has reached its size, allocate nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "base/check.h"

namespace echod {

template <typename T>
class RingQueue {
 public:
  bool empty() const { return begin_ == end_; }
  size_t size() const { return end_ - begin_; }

  void push(T value) {
    if (size() == capacity_) grow();
    slots_[end_++ & (capacity_ - 1)] = std::move(value);
  }

  T& front() {
    ECHOD_CHECK(!empty());
    return slots_[begin_ & (capacity_ - 1)];
  }
  void pop() {
    ECHOD_CHECK(!empty());
    ++begin_;
  }

  // The element `index` places behind the front.
  T& at(size_t index) {
    ECHOD_CHECK(index < size());
    return slots_[(begin_ + index) & (capacity_ - 1)];
  }

  void clear() { begin_ = end_; }

 private:
  static constexpr size_t kCapacityMin = 4;  // elements; capacities are powers of two

  void grow() {
    const size_t capacity = capacity_ == 0 ? kCapacityMin : capacity_ * 2;
    auto slots = std::make_unique<T[]>(capacity);
    const size_t count = size();
    for (size_t i = 0; i < count; ++i) slots[i] = std::move(at(i));
    slots_ = std::move(slots);
    capacity_ = capacity;
    begin_ = 0;
    end_ = count;
  }

  std::unique_ptr<T[]> slots_;
  size_t capacity_ = 0;
  size_t begin_ = 0;  // counts for ever; the slot is its remainder
  size_t end_ = 0;
};

}  // namespace echod
