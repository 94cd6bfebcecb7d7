// The method and target are consumed in runs; every other byte is one step of a small state
// machine.
#include "wire/http1/request_line.h"

#include <algorithm>

#include "base/check.h"
#include "wire/http/syntax.h"

namespace echod::wire {
namespace {

constexpr std::string_view kVersionPattern = "HTTP/0.0";  // "0" stands for any digit

}  // namespace

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
  refusal_ = {};
}

RequestLineReader::Event RequestLineReader::next(std::span<const std::byte>& input) {
  ECHOD_CHECK(!refusal_);
  std::span<const std::byte> rest = input;  // a local one can be kept in registers
  Event event = Event::kNeedInput;
  while (!rest.empty() && event == Event::kNeedInput) {
    take_run(rest);
    if (rest.empty()) break;
    const auto byte = static_cast<unsigned char>(rest.front());
    const State before = state_;
    // At the limit only the line end may follow. Any other byte is reported as "too long", even if
    // it is also invalid.
    const bool too_long = started_ && size_ == size_max_ && byte != '\r' && byte != '\n';
    const Http1Refusal refusal =
        too_long ? Http1Refusal{414, "the request line is longer than the limit"} : step(byte);
    if (refusal) {
      refusal_ = refusal;
      event = Event::kError;
      break;
    }
    if (before == State::kEmptyLine && state_ == State::kMethod) continue;  // its first byte
    rest = rest.subspan(1);
    read_ = before == State::kLineFeed;
    if (read_) event = Event::kEnd;
  }
  input = rest;
  return event;
}

void RequestLineReader::shrink(size_t size_kept) {
  if (line_.capacity() <= size_kept) return;
  std::string().swap(line_);
  method_size_ = 0;
}

// "HTTP/" DIGIT "." DIGIT. False: the byte does not belong to it.
inline bool RequestLineReader::take_version_byte(char byte) {
  if (version_size_ == kVersionPattern.size()) return false;
  const char wanted = kVersionPattern[version_size_];
  if (wanted != '0') {
    if (byte != wanted) return false;
  } else {
    if (!is_digit(static_cast<unsigned char>(byte))) return false;
    // The first digit is stored as the minor version, and becomes the major one when the second
    // follows.
    major_version_ = minor_version_;
    minor_version_ = static_cast<uint8_t>(byte - '0');
  }
  ++version_size_;
  return true;
}

// Consumes the bytes at the front that belong to the current method, target or version.
inline void RequestLineReader::take_run(std::span<const std::byte>& input) {
  const std::span<const std::byte> allowed = input.first(std::min(input.size(), size_max_ - size_));
  size_t size = 0;
  if (state_ == State::kMethod || state_ == State::kTarget) {
    size = run_length(allowed, state_ == State::kMethod ? CharClass::kToken : CharClass::kTarget);
    line_.append(as_text(allowed.first(size)));
  } else if (state_ == State::kVersion) {
    while (size < allowed.size() && take_version_byte(static_cast<char>(allowed[size]))) ++size;
  }
  input = input.subspan(size);
  size_ += size;
}

// Processes one byte outside method, target and version, or looks at the first byte of a method.
// Returns the refusal, if any.
[[gnu::always_inline]] inline Http1Refusal RequestLineReader::step(unsigned char byte) {
  switch (state_) {
    case State::kEmptyLine:
    case State::kEmptyLineFeed:
      return empty_line_byte(byte);
    case State::kMethod:
      if (byte != ' ') return {400, "the method is not a token followed by a space"};
      method_size_ = line_.size();
      ++size_;
      state_ = State::kTarget;
      return {};
    case State::kTarget:
      if (byte == '\r' || byte == '\n') return {400, "the request line has no HTTP version"};
      if (byte != ' ') return {400, "the request target has a byte that is not allowed"};
      if (!is_target_of(method(), target())) {
        return {400, "the request target has none of the forms for this method"};
      }
      ++size_;
      state_ = State::kVersion;
      return {};
    case State::kVersion:
      if (version_size_ < kVersionPattern.size()) return {400, "the HTTP version is malformed"};
      if (byte != '\r') return {400, "the HTTP version is not followed by CR LF"};
      state_ = State::kLineFeed;
      return {};
    case State::kLineFeed:
      if (byte != '\n') return {400, "a carriage return is not followed by a line feed"};
      if (major_version_ != 1) return {505, "the HTTP version is not 1.0 or 1.1"};
      return {};
  }
  return {400, "the request line is malformed"};
}

// A byte of the empty lines before the line, or the line's first byte.
Http1Refusal RequestLineReader::empty_line_byte(unsigned char byte) {
  if (state_ == State::kEmptyLineFeed) {
    if (byte != '\n') return {400, "a carriage return is not followed by a line feed"};
    ++empty_lines_;
    state_ = State::kEmptyLine;
    return {};
  }
  if (byte == '\r') {
    if (empty_lines_ == kEmptyLinesMax) return {400, "too many empty lines before the request"};
    state_ = State::kEmptyLineFeed;
    return {};
  }
  started_ = true;
  if (!in_class(byte, CharClass::kToken)) return {400, "the request does not begin with a method"};
  if (size_max_ == 0) return {414, "the request line is longer than the limit"};
  state_ = State::kMethod;
  return {};
}

}  // namespace echod::wire
