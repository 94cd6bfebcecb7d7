// Names and values are consumed in runs; every other byte is one step of a small state machine. The
// limits count received bytes, so the result does not depend on how they were split.
#include "wire/http1/fields.h"

#include <algorithm>

#include "base/check.h"
#include "wire/http/syntax.h"

namespace echod::wire {

void FieldReader::start(size_t size_max, size_t count_max) {
  line_.clear();
  name_size_ = 0;
  size_left_ = size_max;
  count_left_ = count_max;
  state_ = State::kLineStart;
  refusal_ = {};
}

FieldReader::Event FieldReader::next(std::span<const std::byte>& input) {
  ECHOD_CHECK(!refusal_);
  std::span<const std::byte> rest = input;  // a local one can be kept in registers
  Event event = Event::kNeedInput;
  while (!rest.empty() && event == Event::kNeedInput) {
    take_run(rest);
    if (rest.empty()) break;
    if (size_left_ == 0) {
      refusal_ = {431, "the header fields are longer than the limit"};
      event = Event::kError;
      break;
    }
    const State before = state_;
    const Http1Refusal refusal = step(static_cast<unsigned char>(rest.front()));
    if (refusal) {
      refusal_ = refusal;
      event = Event::kError;
      break;
    }
    if (before == State::kLineStart && state_ == State::kName) continue;  // the name's first byte
    rest = rest.subspan(1);
    --size_left_;
    if (before == State::kLineFeed) event = Event::kField;
    if (before == State::kLastLineFeed) event = Event::kEnd;
  }
  input = rest;
  return event;
}

std::string_view FieldReader::name() const { return std::string_view(line_).substr(0, name_size_); }

std::string_view FieldReader::value() const {
  return trim(std::string_view(line_).substr(name_size_));
}

void FieldReader::shrink(size_t size_kept) {
  if (line_.capacity() > size_kept) std::string().swap(line_);
}

// Consumes the bytes at the front that belong to the current name or value.
inline void FieldReader::take_run(std::span<const std::byte>& input) {
  if (state_ != State::kName && state_ != State::kValue) return;
  const CharClass wanted = state_ == State::kName ? CharClass::kToken : CharClass::kValue;
  const size_t size = run_length(input.first(std::min(input.size(), size_left_)), wanted);
  line_.append(as_text(input.first(size)));
  input = input.subspan(size);
  size_left_ -= size;
}

// Processes one byte outside names and values, or looks at the first byte of a name. Returns the
// refusal, if any.
[[gnu::always_inline]] inline Http1Refusal FieldReader::step(unsigned char byte) {
  switch (state_) {
    case State::kLineStart:
      if (byte == '\r') {
        state_ = State::kLastLineFeed;
        return {};
      }
      // Rejects line folding (RFC 9112 section 5.2).
      if (byte == ' ' || byte == '\t') return {400, "a header line is folded"};
      if (!in_class(byte, CharClass::kToken))
        return {400, "a header line does not begin with a name"};
      if (count_left_ == 0) return {431, "there are more header fields than the limit"};
      --count_left_;
      line_.clear();
      state_ = State::kName;
      return {};
    case State::kName:
      if (byte != ':') return {400, "a header name is not a token followed by a colon"};
      name_size_ = line_.size();
      state_ = State::kValue;
      return {};
    case State::kValue:
      if (byte != '\r')
        return {400, "a header value has a control character, or a line feed alone"};
      state_ = State::kLineFeed;
      return {};
    case State::kLineFeed:
    case State::kLastLineFeed:
      if (byte != '\n') return {400, "a carriage return is not followed by a line feed"};
      state_ = State::kLineStart;
      return {};
  }
  return {400, "a header field is malformed"};
}

}  // namespace echod::wire
