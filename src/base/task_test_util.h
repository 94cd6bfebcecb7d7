// What the tests of coroutines share: a Gate, which suspends whoever awaits it until the test opens
// it (an operation without a kernel), and Counted, a type that counts its instances.
#pragma once

#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/event.h"
#include "base/task.h"

namespace echod {

inline constexpr Error kTestFailure{
    .code = Errc::kProtocol, .during = During::kReceive, .os_error = 71};

// One waiter at a time.
class Gate {
 public:
  // `co_await gate.pass()` waits for the next open().
  Event::Waiting pass() { return event_.wait(); }

  bool has_waiter() const { return event_.has_waiter(); }

  // Resumes the waiter, on this stack.
  void open() {
    ECHOD_CHECK(has_waiter());
    event_.wake();
  }

 private:
  Event event_;
};

// Counts constructions and destructions, and knows whether it is an object: a double destruction or
// a use after one shows without a sanitizer.
class Counted {
 public:
  explicit Counted(int number) : number_(number), self_(this) { ++constructed; }
  Counted(Counted&& other) noexcept
      : number_(std::exchange(other.checked().number_, 0)), self_(this) {
    ++constructed;
  }
  Counted& operator=(Counted&& other) noexcept {
    checked().number_ = std::exchange(other.checked().number_, 0);
    return *this;
  }
  ~Counted() {
    checked().self_ = nullptr;
    ++destroyed;
  }

  explicit operator bool() const { return number() != 0; }
  int number() const {
    ECHOD_CHECK(self_ == this);
    return number_;
  }

  static void reset() { constructed = destroyed = 0; }
  static int alive() { return constructed - destroyed; }

  inline static int constructed = 0;
  inline static int destroyed = 0;

 private:
  Counted& checked() {
    ECHOD_CHECK(self_ == this);
    return *this;
  }

  int number_;
  Counted* self_;  // an object that was moved as bytes, or destroyed, does not know itself
};

}  // namespace echod
