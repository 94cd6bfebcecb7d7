#include "wire/http1/status_line.h"

#include <string_view>

#include "wire/http/syntax.h"

namespace echod::wire {
namespace {

constexpr std::string_view kStatusVersionPattern = "HTTP/1.0 ";  // "0" stands for any digit

}  // namespace

void StatusLineReader::start(size_t size_max) {
  *this = StatusLineReader();
  size_max_ = size_max;
}

StatusLineReader::Event StatusLineReader::next(std::span<const std::byte>& input) {
  while (!input.empty()) {
    if (size_ == size_max_) return Event::kError;
    const auto byte = static_cast<unsigned char>(input.front());
    const State before = state_;
    if (!step(byte)) return Event::kError;
    input = input.subspan(1);
    ++size_;
    if (before == State::kLineFeed) return Event::kEnd;
  }
  return Event::kNeedInput;
}

// Processes one byte. False: it is invalid there.
bool StatusLineReader::step(unsigned char byte) {
  switch (state_) {
    case State::kVersion:
      if (kStatusVersionPattern[size_] == '0') {
        if (!is_digit(byte)) return false;
        minor_version_ = byte - '0';
      } else if (byte != static_cast<unsigned char>(kStatusVersionPattern[size_])) {
        return false;
      }
      if (size_ + 1 == kStatusVersionPattern.size()) state_ = State::kStatus;
      return true;
    case State::kStatus:
      if (!is_digit(byte)) return false;
      status_ = status_ * 10 + (byte - '0');
      if (++digits_ < 3) return true;
      state_ = State::kSpace;
      return status_ >= 100 && status_ <= 599;
    case State::kSpace:
      if (byte != ' ' && byte != '\r') return false;
      state_ = byte == ' ' ? State::kReason : State::kLineFeed;
      return true;
    case State::kReason:
      if (byte == '\r') state_ = State::kLineFeed;
      return byte == '\r' || in_class(byte, CharClass::kValue);
    case State::kLineFeed:
      return byte == '\n';
  }
  return false;
}

}  // namespace echod::wire
