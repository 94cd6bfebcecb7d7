// The operations that an event loop processes in its next round, in order; an intrusive list.
#pragma once

#include "base/check.h"
#include "engine/loop/operation.h"

namespace echod {

class ReadyQueue {
 public:
  bool empty() const { return first_ == nullptr; }

  void push(Operation& operation) {
    ECHOD_CHECK(operation.next_ready == nullptr && &operation != last_);
    operation.state = Operation::State::kReady;
    (first_ == nullptr ? first_ : last_->next_ready) = &operation;
    last_ = &operation;
  }

  // Moves the queue out and leaves this one empty: operations pushed meanwhile wait for the next
  // round.
  ReadyQueue take() {
    ReadyQueue taken = *this;
    first_ = last_ = nullptr;
    return taken;
  }

  Operation& pop() {
    ECHOD_CHECK(!empty());
    Operation& operation = *first_;
    first_ = operation.next_ready;
    if (first_ == nullptr) last_ = nullptr;
    operation.next_ready = nullptr;
    return operation;
  }

 private:
  Operation* first_ = nullptr;
  Operation* last_ = nullptr;
};

}  // namespace echod
