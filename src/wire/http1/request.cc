// The request decoder: decides which part of a request comes next, and interprets the fields
// together. A RequestLineReader, a FieldReader and a ChunkedDecoder read the parts. An invalid
// field is reported at the end of its line. What depends on the whole head (no Host, an unknown
// coding, a body over the limit) is reported at the empty line.
#include "wire/http1/request.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "wire/http/syntax.h"

namespace echod::wire {
namespace {

constexpr size_t kVersionSize = std::string_view("HTTP/1.1").size();

// Buffers up to this size are kept between requests; ordinary heads fit.
constexpr size_t kBufferKeptSizeMax = 2048;

// Fields that are forbidden in trailers, since they would change the framing, routing or
// interpretation of a message that is already being processed (RFC 9110 section 6.5.1).
constexpr std::array<std::string_view, 14> kForbiddenTrailers = {
    "Authorization",
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Content-Range",
    "Content-Type",
    "Cookie",
    "Expect",
    "Host",
    "TE",
    "Trailer",
    "Upgrade",
    "Max-Forwards",
    "Transfer-Encoding",
};

size_t leading_line_ends(std::span<const std::byte> bytes) {
  const auto first = std::ranges::find_if(
      bytes, [](std::byte byte) { return byte != std::byte{'\r'} && byte != std::byte{'\n'}; });
  return static_cast<size_t>(first - bytes.begin());
}

bool is_forbidden_trailer(std::string_view name) {
  return std::ranges::any_of(kForbiddenTrailers, [=](std::string_view forbidden) {
    return equals_ignoring_case(name, forbidden);
  });
}

}  // namespace

RequestDecoder::RequestDecoder(const HttpLimits& limits, std::string_view noted_prefix)
    : limits_(limits), noted_prefix_(noted_prefix) {
  start();
}

void RequestDecoder::start() {
  line_.start(std::min(limits_.request_line_size_max, limits_.head_size_max));
  content_type_.clear();
  head_bytes_.clear();
  trailers_.clear();
  head_ = {};
  facts_ = {};
  body_ = {};
  body_size_left_ = 0;
  consumed_ = 0;
  at_next_byte_ = false;
  state_ = State::kRequestLine;
}

RequestDecoder::Event RequestDecoder::next(std::span<const std::byte>& input) {
  const size_t before = input.size();
  const Event event = next_event(input);
  consumed_ += before - input.size();
  return event;
}

RequestDecoder::Event RequestDecoder::next_event(std::span<const std::byte>& input) {
  ECHOD_CHECK(state_ != State::kDone);
  body_ = {};
  for (;;) {
    const State before = state_;
    Http1Refusal refusal;
    switch (state_) {
      case State::kRequestLine:
      case State::kFields:
        refusal = read_head(input);
        if (!refusal && state_ != State::kRequestLine && state_ != State::kFields) {
          fill_views();
          return Event::kHead;
        }
        break;
      case State::kTrailers:
        refusal = read_trailers(input);
        break;
      case State::kSizedBody:
        return read_sized_body(input);
      case State::kChunkedBody: {
        const Event event = read_chunked_body(input);
        if (state_ == before || state_ == State::kFailed) return event;
        break;
      }
      case State::kEnd:
        state_ = State::kDone;
        return Event::kEnd;
      case State::kDone:
      case State::kFailed:
        return Event::kError;
    }
    if (refusal) return fail(refusal);
    if (state_ == before) return Event::kNeedInput;
  }
}

// Sets the views into the received head, once it is complete.
void RequestDecoder::fill_views() {
  head_.raw = head_bytes_;
  const size_t line_size = line_.size();
  head_.version_text = head_.raw.substr(0, line_size).substr(line_size - kVersionSize);
  head_.fields = FieldList(head_.raw.substr(line_size + 2, head_.raw.size() - line_size - 4));
}

const RequestHead& RequestDecoder::head() const {
  ECHOD_CHECK(state_ != State::kRequestLine && state_ != State::kFields);
  return head_;
}

std::string_view RequestDecoder::begun_method() const {
  return line_.is_read() ? line_.method() : std::string_view();
}

std::span<const std::byte> RequestDecoder::body() const {
  ECHOD_CHECK(!body_.empty());
  return body_;
}

const Http1Refusal& RequestDecoder::refusal() const {
  ECHOD_CHECK(state_ == State::kFailed);
  return refusal_;
}

void RequestDecoder::reset() {
  ECHOD_CHECK(state_ == State::kDone);
  line_.shrink(kBufferKeptSizeMax);
  for (std::string* kept : {&content_type_, &head_bytes_, &trailers_}) {
    if (kept->capacity() > kBufferKeptSizeMax) std::string().swap(*kept);
  }
  start();
}

bool RequestDecoder::in_request() const { return line_.started() && state_ != State::kDone; }

RequestDecoder::Event RequestDecoder::fail(const Http1Refusal& refusal) {
  refusal_ = refusal;
  state_ = State::kFailed;
  return Event::kError;
}

// The following read_ functions return the refusal, if any. They change state_ when their part is
// complete; otherwise they have consumed all of the input.
Http1Refusal RequestDecoder::read_head(std::span<const std::byte>& input) {
  const std::span<const std::byte> before = input;
  Http1Refusal refusal;
  if (state_ == State::kRequestLine) refusal = read_request_line(input);
  if (!refusal && state_ == State::kFields) refusal = read_fields(input);
  // Empty lines before the request line do not count.
  if (!refusal) {
    const std::span<const std::byte> taken = before.first(before.size() - input.size());
    const size_t skipped = head_bytes_.empty() ? leading_line_ends(taken) : 0;
    head_bytes_.append(reinterpret_cast<const char*>(taken.data()) + skipped,
                       taken.size() - skipped);
  }
  return refusal;
}

Http1Refusal RequestDecoder::read_request_line(std::span<const std::byte>& input) {
  switch (line_.next(input)) {
    case RequestLineReader::Event::kNeedInput:
      return {};
    case RequestLineReader::Event::kError:
      at_next_byte_ = true;
      return line_.refusal();
    case RequestLineReader::Event::kEnd:
      break;
  }
  // A later minor version is treated as the latest known one (RFC 9110 section 2.5).
  head_.version = line_.minor_version() == 0 ? HttpVersion::kHttp10 : HttpVersion::kHttp11;
  const size_t line_size = std::min(line_.size() + 2, limits_.head_size_max);
  fields_.start(limits_.head_size_max - line_size, limits_.field_count_max);
  state_ = State::kFields;
  return {};
}

Http1Refusal RequestDecoder::read_fields(std::span<const std::byte>& input) {
  for (;;) {
    switch (fields_.next(input)) {
      case FieldReader::Event::kNeedInput:
        return {};
      case FieldReader::Event::kError:
        at_next_byte_ = true;
        return fields_.refusal();
      case FieldReader::Event::kField:
        if (const auto refusal = take_field(fields_.name(), fields_.value())) return refusal;
        break;
      case FieldReader::Event::kEnd:
        fields_.shrink(kBufferKeptSizeMax);
        return finish_head();
    }
  }
}

Http1Refusal RequestDecoder::read_trailers(std::span<const std::byte>& input) {
  for (;;) {
    const std::span<const std::byte> before = input;
    const FieldReader::Event event = fields_.next(input);
    trailers_.append(reinterpret_cast<const char*>(before.data()), before.size() - input.size());
    switch (event) {
      case FieldReader::Event::kNeedInput:
        return {};
      case FieldReader::Event::kError:
        at_next_byte_ = true;
        return fields_.refusal();
      case FieldReader::Event::kField:
        if (is_forbidden_trailer(fields_.name())) {
          return {400, "a trailer has a name that trailers must not have"};
        }
        break;
      case FieldReader::Event::kEnd:
        fields_.shrink(kBufferKeptSizeMax);
        trailers_.resize(trailers_.size() - 2);  // its empty line
        state_ = State::kEnd;
        return {};
    }
  }
}

RequestDecoder::Event RequestDecoder::read_sized_body(std::span<const std::byte>& input) {
  if (input.empty()) return Event::kNeedInput;
  body_ = input.first(static_cast<size_t>(std::min<uint64_t>(input.size(), body_size_left_)));
  input = input.subspan(body_.size());
  body_size_left_ -= body_.size();
  if (body_size_left_ == 0) state_ = State::kEnd;
  return Event::kBody;
}

// After the last chunk it changes state_, and the returned event is meaningless.
RequestDecoder::Event RequestDecoder::read_chunked_body(std::span<const std::byte>& input) {
  switch (chunked_.next(input)) {
    case ChunkedDecoder::Event::kNeedInput:
      return Event::kNeedInput;
    case ChunkedDecoder::Event::kError:
      at_next_byte_ = true;
      return fail(chunked_.refusal());
    case ChunkedDecoder::Event::kChunk:
      return Event::kChunk;
    case ChunkedDecoder::Event::kData:
      body_ = chunked_.data();
      return Event::kBody;
    case ChunkedDecoder::Event::kLastChunk:
      break;
  }
  fields_.start(limits_.trailer_size_max, limits_.field_count_max);
  state_ = State::kTrailers;
  return Event::kNeedInput;
}

// The following take_ functions store what a field says. They return the refusal, if any.
Http1Refusal RequestDecoder::take_field(std::string_view name, std::string_view value) {
  if (equals_ignoring_case(name, "Host")) return take_host(value);
  if (equals_ignoring_case(name, "Content-Length")) return take_content_length(value);
  if (equals_ignoring_case(name, "Transfer-Encoding")) return take_transfer_encoding(value);
  if (equals_ignoring_case(name, "Connection")) take_connection(value);
  if (equals_ignoring_case(name, "Expect")) take_expect(value);
  // If sent twice, the last one counts: a common choice where RFC 9110 section 8.3 leaves it open.
  if (equals_ignoring_case(name, "Content-Type")) content_type_ = value;
  if (equals_ignoring_case(name, "Content-Encoding")) head_.content_coded = true;
  if (equals_ignoring_case(name, "Trailer")) head_.trailers_announced = true;
  if (equals_ignoring_case(name, "Upgrade")) head_.upgrade_offered = true;
  if (!noted_prefix_.empty() &&
      equals_ignoring_case(name.substr(0, noted_prefix_.size()), noted_prefix_)) {
    head_.has_noted_field = true;
  }
  return {};
}

Http1Refusal RequestDecoder::take_host(std::string_view value) {
  if (facts_.host) return {400, "duplicate Host header"};
  if (!is_host(value)) return {400, "the Host header is not a valid host"};
  facts_.host = true;
  return {};
}

Http1Refusal RequestDecoder::take_content_length(std::string_view value) {
  if (facts_.content_length) return {400, "duplicate Content-Length header"};
  if (facts_.chunked || facts_.unknown_coding) {
    return {400, "both Transfer-Encoding and Content-Length are present"};
  }
  const auto length = parse_decimal(value);
  if (!length) return {400, "Content-Length is not a decimal number"};
  facts_.content_length = true;
  head_.content_length = *length;
  return {};
}

// #( token *( OWS ";" OWS parameter ) ), without empty members. Repeated fields continue the list.
Http1Refusal RequestDecoder::take_transfer_encoding(std::string_view value) {
  if (head_.version == HttpVersion::kHttp10) return {400, "HTTP/1.0 has no Transfer-Encoding"};
  if (facts_.content_length) return {400, "both Transfer-Encoding and Content-Length are present"};
  std::string_view rest = value;
  for (;;) {
    // Anything after "chunked" makes it not the final coding, or applies it twice.
    if (facts_.chunked) return {400, "chunked is not the last transfer coding"};
    const std::string_view coding = consume_token(rest);
    const std::string_view before_parameters = rest;
    if (coding.empty() || !consume_parameters(rest)) {
      return {400, "Transfer-Encoding is malformed"};
    }
    const bool has_parameters = rest.size() != before_parameters.size();
    if (!equals_ignoring_case(coding, "chunked")) {
      facts_.unknown_coding = true;
    } else if (has_parameters) {
      return {400, "chunked has parameters"};  // it defines none (RFC 9112 section 7)
    } else {
      facts_.chunked = true;
    }
    rest = trim(rest);
    if (rest.empty()) return {};
    if (rest.front() != ',') return {400, "Transfer-Encoding is malformed"};
    rest = trim(rest.substr(1));
  }
}

void RequestDecoder::take_connection(std::string_view value) {
  while (!value.empty()) {
    const std::string_view option = consume_member(value);
    if (equals_ignoring_case(option, "close")) facts_.close = true;
    if (equals_ignoring_case(option, "keep-alive")) facts_.keep_alive = true;
  }
}

void RequestDecoder::take_expect(std::string_view value) {
  const bool known = equals_ignoring_case(value, "100-continue");
  (known ? facts_.continue_expected : facts_.unknown_expectation) = true;
}

// Checks the fields together and fills head_. Returns the refusal, if any.
Http1Refusal RequestDecoder::finish_head() {
  const bool http11 = head_.version == HttpVersion::kHttp11;
  if (http11 && !facts_.host) return {400, "there is no Host header"};
  if (facts_.unknown_coding) return {501, "the transfer coding is not chunked"};
  if (facts_.content_length && head_.content_length > limits_.body_size_max) {
    return {413, "the body is larger than the limit"};
  }
  if (http11 && facts_.unknown_expectation) return {417, "the expectation is not 100-continue"};

  head_.method = line_.method();
  head_.target = line_.target();
  head_.content_type = content_type_;
  head_.keep_alive = !facts_.close && (http11 || facts_.keep_alive);
  if (facts_.chunked) {
    head_.framing = BodyFraming::kChunked;
    chunked_.start(limits_.chunk_line_size_max, limits_.body_size_max);
    state_ = State::kChunkedBody;
  } else if (facts_.content_length) {
    head_.framing = BodyFraming::kContentLength;
    body_size_left_ = head_.content_length;
    state_ = body_size_left_ > 0 ? State::kSizedBody : State::kEnd;
  } else {
    state_ = State::kEnd;
  }
  head_.expects_continue = http11 && facts_.continue_expected && state_ != State::kEnd;
  return {};
}

}  // namespace echod::wire
