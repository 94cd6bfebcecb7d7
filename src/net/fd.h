// An owned file descriptor, closed once by its Fd.
#pragma once

#include <utility>

namespace echod {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Fd() { close(); }

  bool valid() const { return number_ >= 0; }
  int get() const { return number_; }

  // Releases ownership to the caller, who closes it.
  int release() { return std::exchange(number_, -1); }

  // Closes it now, if it is open. Errors of close(2) are ignored: nothing could be done about them.
  void close() noexcept;

 private:
  int number_ = -1;
};

}  // namespace echod
