// What a decoder made of a stream of bytes, and where, in a form that does not depend on how the
// bytes were split: heads, ends and errors with their offsets, bodies with the extents they had.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "fuzz_input.h"
#include "wire/http1/request.h"
#include "wire/http1/response_decoder.h"

namespace echod::fuzz {

struct TracedMessage {
  std::string start;  // what head() says, printed
  std::string body = {};
  std::vector<std::pair<uint64_t, uint64_t>> extents =
      {};                 // of the body in the stream, [begin, end)
  uint64_t head_end = 0;  // offsets in the stream
  uint64_t end = 0;       // 0: the message is not complete

  bool operator==(const TracedMessage&) const = default;
};

struct Trace {
  std::vector<TracedMessage> messages;
  std::string error;  // empty: none
  uint64_t error_at = 0;
  bool in_message = false;

  bool operator==(const Trace&) const = default;
};

inline std::string printed(const wire::RequestHead& head) {
  std::string text(head.method);
  text += ' ';
  text += head.target;
  text += " type=";
  text += head.content_type;
  text += " version=" + std::to_string(static_cast<int>(head.version));
  text += " framing=" + std::to_string(static_cast<int>(head.framing));
  text += " length=" + std::to_string(head.content_length);
  text += " keep_alive=" + std::to_string(static_cast<int>(head.keep_alive));
  text += " continue=" + std::to_string(static_cast<int>(head.expects_continue));
  return text;
}

inline std::string printed(const wire::ResponseHead& head) {
  return std::to_string(head.status) +
         " framing=" + std::to_string(static_cast<int>(head.framing)) +
         " length=" + std::to_string(head.content_length) +
         " keep_alive=" + std::to_string(static_cast<int>(head.keep_alive));
}

inline void finish(wire::RequestDecoder& decoder) {
  ECHOD_CHECK(!decoder.in_request());
  decoder.reset();
}
inline void finish(wire::ResponseDecoder&) {}

inline std::string error_of(const wire::RequestDecoder& decoder) {
  const int status = decoder.error_status();
  ECHOD_CHECK(status >= 400 && status <= 599);
  ECHOD_CHECK(!decoder.refusal().rule().empty() && decoder.refused_at() > 0);
  return std::to_string(status) + " at " + std::to_string(decoder.refused_at()) + ": " +
         std::string(decoder.refusal().rule());
}
inline std::string error_of(const wire::ResponseDecoder& decoder) {
  ECHOD_CHECK(!decoder.error().empty());
  return std::string(decoder.error());
}

inline bool in_message(const wire::RequestDecoder& decoder) { return decoder.in_request(); }
inline bool in_message(const wire::ResponseDecoder& decoder) { return decoder.in_response(); }

// Decodes a connection's messages one after another, and checks what must hold at each event.
template <typename Decoder>
class TraceReader {
 public:
  using Event = Decoder::Event;

  explicit TraceReader(const wire::HttpLimits& limits)
      : decoder_(std::make_unique<Decoder>(limits)) {}

  void feed(std::string_view bytes) {
    feed_exactly(bytes, [&](std::span<const std::byte> piece) {
      std::span<const std::byte> input = piece;
      do {
        before_ = offset_ + (piece.size() - input.size());
        event_ = decoder_->next(input);
        after_ = offset_ + (piece.size() - input.size());
      } while (take(input));
      offset_ += piece.size();
    });
  }

  Trace result() const {
    Trace trace = trace_;
    trace.in_message = in_message(*decoder_);
    return trace;
  }

  Decoder& decoder() { return *decoder_; }

 private:
  // Returns whether next() must be called again.
  bool take(std::span<const std::byte> input) {
    ECHOD_CHECK(trace_.error.empty() || event_ == Event::kError);
    switch (event_) {
      case Event::kNeedInput:
        ECHOD_CHECK(input.empty());
        return false;
      case Event::kHead:
        ECHOD_CHECK(trace_.messages.empty() || trace_.messages.back().end > 0);
        trace_.messages.push_back({.start = printed(decoder_->head()), .head_end = after_});
        return true;
      case Event::kBody:
        take_body(decoder_->body(), input);
        return true;
      case Event::kEnd:
        ECHOD_CHECK(printed(decoder_->head()) == trace_.messages.back().start);
        trace_.messages.back().end = after_;
        finish(*decoder_);
        return true;
      case Event::kError:
        if (trace_.error.empty()) trace_.error_at = after_;
        ECHOD_CHECK(trace_.error.empty() || trace_.error == error_of(*decoder_));
        trace_.error = error_of(*decoder_);
        return false;
      default:
        return true;  // where a chunk begins, which depends on nothing but the bytes before it
    }
    return false;
  }

  void take_body(std::span<const std::byte> body, std::span<const std::byte> rest) {
    ECHOD_CHECK(!body.empty());
    ECHOD_CHECK(body.data() + body.size() == rest.data());  // it ends where the rest begins
    TracedMessage& message = trace_.messages.back();
    message.body.append(reinterpret_cast<const char*>(body.data()), body.size());
    const uint64_t begin = after_ - body.size();
    ECHOD_CHECK(begin >= before_);
    if (!message.extents.empty() && message.extents.back().second == begin) {
      message.extents.back().second = after_;
    } else {
      message.extents.emplace_back(begin, after_);
    }
  }

  std::unique_ptr<Decoder> decoder_;
  Trace trace_;
  Event event_ = Event::kNeedInput;
  uint64_t offset_ = 0;  // of the piece being fed
  uint64_t before_ = 0;  // bytes consumed before the last call, and after it
  uint64_t after_ = 0;
};

// Limits that small inputs reach.
inline wire::HttpLimits tight_limits() {
  return {.request_line_size_max = 40,
          .head_size_max = 160,
          .field_count_max = 3,
          .chunk_line_size_max = 8,
          .trailer_size_max = 24,
          .body_size_max = 32};
}

}  // namespace echod::fuzz
