// A size is 1 to 16 hexadecimal digits and nothing else: no sign, no "0x", no "_", no space before
// or after. If two parsers read a chunk size differently, the proxy forwards as a body what the
// server reads as a request. The same applies to line ends: a bare LF never ends a line, not even
// in an extension.
#include "wire/http1/chunked.h"

#include <algorithm>

#include "base/check.h"
#include "wire/http/syntax.h"

namespace echod::wire {
namespace {

constexpr uint8_t kSizeDigitsMax = 16;  // a uint64_t, so that a size cannot overflow

int hex_value(unsigned char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

}  // namespace

void ChunkedDecoder::start(size_t line_size_max, uint64_t body_size_max) {
  *this = ChunkedDecoder();
  line_size_max_ = line_size_max;
  body_size_left_ = body_size_max;
}

ChunkedDecoder::Event ChunkedDecoder::next(std::span<const std::byte>& input) {
  ECHOD_CHECK(!refusal_);
  data_ = {};
  while (!input.empty()) {
    if (state_ == State::kData) {
      data_ = input.first(static_cast<size_t>(std::min<uint64_t>(input.size(), chunk_size_left_)));
      input = input.subspan(data_.size());
      chunk_size_left_ -= data_.size();
      if (chunk_size_left_ == 0) state_ = State::kDataReturn;
      return Event::kData;
    }
    const State before = state_;
    refusal_ = step(static_cast<unsigned char>(input.front()));
    if (refusal_) return Event::kError;
    input = input.subspan(1);
    if (before == State::kSizeLineFeed) {
      return chunk_size_left_ == 0 ? Event::kLastChunk : Event::kChunk;
    }
  }
  return Event::kNeedInput;
}

// Processes one byte that is not data. Returns the refusal, if any.
Http1Refusal ChunkedDecoder::step(unsigned char byte) {
  switch (state_) {
    case State::kSize:
    case State::kExtensionName:
    case State::kExtension:
      return size_byte(byte);
    case State::kSizeLineFeed:
      if (byte != '\n') return {400, "a carriage return is not followed by a line feed"};
      state_ = State::kData;
      return {};
    case State::kDataReturn:
      if (byte != '\r') return {400, "a chunk is longer than its size, or not followed by CR LF"};
      state_ = State::kDataLineFeed;
      return {};
    case State::kDataLineFeed:
      if (byte != '\n') return {400, "a carriage return is not followed by a line feed"};
      line_size_ = 0;
      digits_ = 0;
      state_ = State::kSize;
      return {};
    case State::kData:
      break;
  }
  ECHOD_CHECK(false);
}

// A byte of the size line, up to its CR.
Http1Refusal ChunkedDecoder::size_byte(unsigned char byte) {
  if (byte == '\r') {
    if (state_ == State::kExtensionName) return {400, "a chunk extension has no name"};
    const Http1Refusal refusal = state_ == State::kSize ? end_size() : Http1Refusal();
    state_ = State::kSizeLineFeed;
    return refusal;
  }
  if (line_size_ == line_size_max_) return {400, "a chunk size line is longer than the limit"};
  ++line_size_;
  switch (state_) {
    case State::kSize:
      if (const int value = hex_value(byte); value >= 0) {
        if (digits_ == kSizeDigitsMax) return {400, "a chunk size has more than 16 digits"};
        ++digits_;
        chunk_size_left_ = chunk_size_left_ << 4 | static_cast<uint64_t>(value);
        return {};
      }
      if (byte != ';') return {400, "a chunk size is not hexadecimal digits alone"};
      state_ = State::kExtensionName;
      return end_size();
    case State::kExtensionName:
      if (byte == ' ' || byte == '\t') return {};  // RFC 9112 section 7.1.1 requires skipping it
      if (!in_class(byte, CharClass::kToken)) return {400, "a chunk extension has no name"};
      state_ = State::kExtension;
      return {};
    default:
      // Extensions are ignored, so their grammar after the name does not matter.
      if (in_class(byte, CharClass::kValue)) return {};
      return {400, "a chunk extension has a control character, or a line feed alone"};
  }
}

// The digits of the size are complete. Returns the refusal, if any.
Http1Refusal ChunkedDecoder::end_size() {
  if (digits_ == 0) return {400, "a chunk size is missing"};
  if (chunk_size_left_ > body_size_left_) return {413, "the body is larger than the limit"};
  body_size_left_ -= chunk_size_left_;
  return {};
}

}  // namespace echod::wire
