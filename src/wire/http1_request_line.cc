// The method and target are taken in runs; every other byte is one step of a small state machine.
#include "wire/http1_request_line.h"

#include <algorithm>

#include "base/check.h"
#include "wire/http1_syntax.h"

namespace echod::wire {

void RequestLineReader::start(size_t size_max) {
  line_.clear();
  method_size_ = 0;
  size_max_ = size_max;
  size_ = 0;
  version_size_ = 0;
  state_ = State::kEmptyLine;
  started_ = false;
  read_ = false;
  empty_lines_ = 0;
  major_version_ = 0;
  minor_version_ = 0;
  error_status_ = 0;
}

RequestLineReader::Event RequestLineReader::next(std::span<const std::byte>& input) {
  ECHOD_CHECK(error_status_ == 0);
  while (!input.empty()) {
    take_run(input);
    if (input.empty()) break;
    const auto byte = static_cast<unsigned char>(input.front());
    const State before = state_;
    // At the limit only the line's end may follow. Anything else is too long before it is wrong.
    const bool too_long = started_ && size_ == size_max_ && byte != '\r' && byte != '\n';
    error_status_ = too_long ? 414 : step(byte);
    if (error_status_ != 0) return Event::kError;
    consume(input, 1);
    read_ = before == State::kLineFeed;
    if (read_) return Event::kEnd;
  }
  return Event::kNeedInput;
}

void RequestLineReader::shrink(size_t size_kept) {
  if (line_.capacity() <= size_kept) return;
  std::string().swap(line_);
  method_size_ = 0;
}

// Takes the bytes at the front that belong to the method or the target being read.
void RequestLineReader::take_run(std::span<const std::byte>& input) {
  if (state_ != State::kMethod && state_ != State::kTarget) return;
  const CharClass wanted = state_ == State::kMethod ? CharClass::kToken : CharClass::kTarget;
  const size_t size = run_length(input.first(std::min(input.size(), size_max_ - size_)), wanted);
  line_.append(consume(input, size));
  size_ += size;
}

// One byte that is not inside a method or target. Returns an error's status or 0.
int RequestLineReader::step(unsigned char byte) {
  switch (state_) {
    case State::kEmptyLine:
    case State::kEmptyLineFeed:
      return empty_line_byte(byte);
    case State::kMethod:
      if (byte != ' ') return 400;
      method_size_ = line_.size();
      ++size_;
      state_ = State::kTarget;
      return 0;
    case State::kTarget:
      if (byte != ' ' || !is_target_of(method(), target())) return 400;
      ++size_;
      state_ = State::kVersion;
      return 0;
    case State::kVersion:
      return version_byte(byte);
    case State::kLineFeed:
      if (byte != '\n') return 400;
      return major_version_ == 1 ? 0 : 505;
  }
  return 400;
}

// A byte of the empty lines before the line, or the line's first byte.
int RequestLineReader::empty_line_byte(unsigned char byte) {
  if (state_ == State::kEmptyLineFeed) {
    if (byte != '\n') return 400;
    ++empty_lines_;
    state_ = State::kEmptyLine;
    return 0;
  }
  if (byte == '\r') {
    if (empty_lines_ == kEmptyLinesMax) return 400;
    state_ = State::kEmptyLineFeed;
    return 0;
  }
  started_ = true;
  if (!in_class(byte, CharClass::kToken)) return 400;
  if (size_max_ == 0) return 414;
  line_.push_back(static_cast<char>(byte));
  ++size_;
  state_ = State::kMethod;
  return 0;
}

// "HTTP/" DIGIT "." DIGIT and the CR after it.
int RequestLineReader::version_byte(unsigned char byte) {
  constexpr std::string_view kPattern = "HTTP/0.0";  // "0" stands for any digit
  if (version_size_ == kPattern.size()) {
    if (byte != '\r') return 400;
    state_ = State::kLineFeed;
    return 0;
  }
  const char wanted = kPattern[version_size_];
  if (wanted != '0') {
    if (byte != static_cast<unsigned char>(wanted)) return 400;
  } else {
    if (!is_digit(byte)) return 400;
    // The major version comes first and moves on when the minor one follows.
    major_version_ = minor_version_;
    minor_version_ = static_cast<uint8_t>(byte - '0');
  }
  ++version_size_;
  ++size_;
  return 0;
}

}  // namespace echod::wire
