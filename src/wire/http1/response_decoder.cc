#include "wire/http1/response_decoder.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "wire/http/syntax.h"

namespace echod::wire {
namespace {

constexpr size_t kRepeatedHeadMax = 2048;  // maximum size in bytes of a head stored for comparison

}  // namespace

ResponseDecoder::ResponseDecoder(const HttpLimits& limits) : limits_(limits) { start(); }

void ResponseDecoder::start() {
  line_.start(limits_.head_size_max);
  facts_ = {};
  body_size_left_ = 0;
  interim_count_ = 0;
  state_ = State::kStatusLine;
}

ResponseDecoder::Event ResponseDecoder::fail(std::string_view what) {
  if (state_ != State::kFailed) error_ = what;
  state_ = State::kFailed;
  return Event::kError;
}

ResponseDecoder::Event ResponseDecoder::next(std::span<const std::byte>& input) {
  body_ = {};
  for (;;) {
    switch (state_) {
      case State::kStatusLine:
      case State::kFields: {
        const bool complete = repeat_head(input) || read_head(input);
        if (state_ == State::kFailed) return Event::kError;
        return complete ? Event::kHead : Event::kNeedInput;
      }
      case State::kSizedBody:
      case State::kChunkedBody:
      case State::kOpenBody: {
        const Event event = read_body(input);
        if (event != Event::kEnd) return event;
        break;  // the last chunk: the trailers follow
      }
      case State::kTrailers:
        read_trailers(input);
        if (state_ == State::kTrailers) return Event::kNeedInput;
        break;
      case State::kEnd:
        start();
        return Event::kEnd;
      case State::kFailed:
        return Event::kError;
    }
  }
}

ResponseDecoder::Event ResponseDecoder::end_of_input() {
  if (state_ == State::kFailed) return Event::kError;
  if (state_ == State::kOpenBody || state_ == State::kEnd) {
    start();
    return Event::kEnd;
  }
  return in_response() ? fail("the connection ended in the middle of a response")
                       : Event::kNeedInput;
}

// Consumes the bytes of the last head if `input` begins with them. Returns whether it does.
bool ResponseDecoder::repeat_head(std::span<const std::byte>& input) {
  const size_t size = last_head_bytes_.size();
  if (size == 0 || in_response() || input.size() < size) return false;
  if (std::memcmp(input.data(), last_head_bytes_.data(), size) != 0) return false;
  input = input.subspan(size);
  head_ = last_head_;
  begin_body();
  return true;
}

// Continues reading the head, including interim responses before it. Returns whether it is
// complete.
bool ResponseDecoder::read_head(std::span<const std::byte>& input) {
  const bool from_the_start = !in_response();
  const std::span<const std::byte> whole = input;
  for (;;) {
    if (state_ == State::kStatusLine && !read_status_line(input)) return false;
    if (!read_fields(input)) return false;
    if (head_.status >= 200 || head_.status == 101) break;
    if (++interim_count_ > kInterimMax) return fail("too many interim responses"), false;
    facts_ = {};
    line_.start(limits_.head_size_max);
    state_ = State::kStatusLine;
  }
  if (!finish_head()) return false;
  const size_t size = whole.size() - input.size();
  if (from_the_start && size <= kRepeatedHeadMax) {
    last_head_bytes_.assign(reinterpret_cast<const char*>(whole.data()), size);
    last_head_ = head_;
  }
  begin_body();
  return true;
}

bool ResponseDecoder::read_status_line(std::span<const std::byte>& input) {
  switch (line_.next(input)) {
    case StatusLineReader::Event::kNeedInput:
      return false;
    case StatusLineReader::Event::kError:
      fail("malformed status line");
      return false;
    case StatusLineReader::Event::kEnd:
      break;
  }
  head_ = {.status = line_.status()};
  fields_.start(limits_.head_size_max - line_.size(), limits_.field_count_max);
  state_ = State::kFields;
  return true;
}

bool ResponseDecoder::read_fields(std::span<const std::byte>& input) {
  for (;;) {
    switch (fields_.next(input)) {
      case FieldReader::Event::kNeedInput:
        return false;
      case FieldReader::Event::kError:
        fail(fields_.refusal().status == 431 ? "head too large" : "malformed header field");
        return false;
      case FieldReader::Event::kField:
        if (auto problem = take_field(fields_.name(), fields_.value()); !problem.empty()) {
          fail(problem);
          return false;
        }
        break;
      case FieldReader::Event::kEnd:
        return true;
    }
  }
}

void ResponseDecoder::read_trailers(std::span<const std::byte>& input) {
  for (;;) {
    switch (fields_.next(input)) {
      case FieldReader::Event::kNeedInput:
        return;
      case FieldReader::Event::kError:
        fail("malformed trailer field");
        return;
      case FieldReader::Event::kField:
        break;
      case FieldReader::Event::kEnd:
        state_ = State::kEnd;
        return;
    }
  }
}

// kEnd: the chunks are complete, and the trailers follow.
ResponseDecoder::Event ResponseDecoder::read_body(std::span<const std::byte>& input) {
  if (input.empty()) return Event::kNeedInput;
  if (state_ == State::kChunkedBody) {
    ChunkedDecoder::Event event = chunked_.next(input);
    if (event == ChunkedDecoder::Event::kChunk) event = chunked_.next(input);
    switch (event) {
      case ChunkedDecoder::Event::kNeedInput:
        return Event::kNeedInput;
      case ChunkedDecoder::Event::kError:
        return fail(chunked_.refusal().status == 413 ? "body too large" : "malformed chunk");
      case ChunkedDecoder::Event::kChunk:
        ECHOD_CHECK(false);  // its data comes first
      case ChunkedDecoder::Event::kData:
        body_ = chunked_.data();
        return Event::kBody;
      case ChunkedDecoder::Event::kLastChunk:
        fields_.start(limits_.trailer_size_max, limits_.field_count_max);
        state_ = State::kTrailers;
        return Event::kEnd;
    }
  }
  body_ = input.first(static_cast<size_t>(std::min<uint64_t>(input.size(), body_size_left_)));
  if (body_.empty()) return fail("body too large");  // only without a length
  input = input.subspan(body_.size());
  body_size_left_ -= body_.size();
  if (state_ == State::kSizedBody && body_size_left_ == 0) state_ = State::kEnd;
  return Event::kBody;
}

// Stores what a field says. Returns the error, or nothing.
std::string_view ResponseDecoder::take_field(std::string_view name, std::string_view value) {
  if (equals_ignoring_case(name, "Content-Length")) {
    const auto length = parse_decimal(value);
    if (!length || facts_.content_length) return "bad Content-Length";
    facts_.content_length = true;
    facts_.length = *length;
  } else if (equals_ignoring_case(name, "Transfer-Encoding")) {
    if (facts_.chunked || line_.minor_version() == 0 || !equals_ignoring_case(value, "chunked")) {
      return "transfer coding other than chunked";
    }
    facts_.chunked = true;
  } else if (equals_ignoring_case(name, "Connection")) {
    take_connection(value);
  }
  return {};
}

void ResponseDecoder::take_connection(std::string_view value) {
  while (!value.empty()) {
    const std::string_view option = consume_member(value);
    if (equals_ignoring_case(option, "close")) facts_.close = true;
    if (equals_ignoring_case(option, "keep-alive")) facts_.keep_alive = true;
  }
}

// Checks the fields together and fills head_.
bool ResponseDecoder::finish_head() {
  if (facts_.chunked && facts_.content_length) {
    return fail("Content-Length beside Transfer-Encoding"), false;
  }
  if (facts_.content_length && facts_.length > limits_.body_size_max) {
    return fail("body too large"), false;
  }
  const bool never_has_body =
      to_head_ || head_.status < 200 || head_.status == 204 || head_.status == 304;
  if (never_has_body) {
    head_.framing = ResponseFraming::kNone;
  } else if (facts_.chunked) {
    head_.framing = ResponseFraming::kChunked;
  } else if (facts_.content_length) {
    head_.framing = ResponseFraming::kContentLength;
    head_.content_length = facts_.length;
  } else {
    head_.framing = ResponseFraming::kUntilClose;
  }
  const bool persistent = line_.minor_version() > 0 || facts_.keep_alive;
  head_.keep_alive = persistent && !facts_.close && head_.framing != ResponseFraming::kUntilClose;
  return true;
}

void ResponseDecoder::begin_body() {
  switch (head_.framing) {
    case ResponseFraming::kNone:
      state_ = State::kEnd;
      break;
    case ResponseFraming::kContentLength:
      body_size_left_ = head_.content_length;
      state_ = body_size_left_ > 0 ? State::kSizedBody : State::kEnd;
      break;
    case ResponseFraming::kChunked:
      chunked_.start(limits_.chunk_line_size_max, limits_.body_size_max);
      state_ = State::kChunkedBody;
      break;
    case ResponseFraming::kUntilClose:
      body_size_left_ = limits_.body_size_max;
      state_ = State::kOpenBody;
      break;
  }
}

}  // namespace echod::wire
