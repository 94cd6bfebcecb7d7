// The WebSocket frame decoder, for both sides and with limits that are as shipped and tight: every
// split gives the same frames and fails at the same byte, no limit is passed, and the frames that
// were read are read again when they are written, by the other side too.
#include <string>
#include <vector>

#include "fuzz_input.h"
#include "wire/websocket/frame.h"

namespace echod::fuzz {
namespace {

using wire::WebSocketDecoder;
using wire::WebSocketRole;

constexpr wire::WebSocketLimits kTight{
    .frame_size_max = 40, .message_size_max = 60, .fragment_count_max = 3};

struct TracedFrame {
  wire::WebSocketFrame head;
  std::string payload = {};
  bool complete = false;
  uint64_t head_end = 0;  // of data frames; offsets in the stream
  uint64_t end = 0;       // when it is complete

  bool operator==(const TracedFrame&) const = default;
};

struct FrameTrace {
  std::vector<TracedFrame> frames;
  wire::WebSocketFailure failure = {};
  uint64_t failed_at = 0;
  bool in_frame = false;
  bool in_message = false;

  bool operator==(const FrameTrace&) const = default;
};

class FrameReader {
 public:
  FrameReader(WebSocketRole role, bool compression, const wire::WebSocketLimits& limits)
      : decoder_(std::make_unique<WebSocketDecoder>(role, compression, limits)) {}

  void feed(std::string_view bytes) {
    const auto buffer = std::make_unique<std::byte[]>(bytes.size());
    std::ranges::copy(std::as_bytes(std::span(bytes)), buffer.get());
    std::span<std::byte> input(buffer.get(), bytes.size());
    do {
      event_ = decoder_->next(input);
      after_ = offset_ + (bytes.size() - input.size());
    } while (take(input));
    offset_ += bytes.size();
  }

  FrameTrace result() const {
    FrameTrace trace = trace_;
    trace.in_frame = decoder_->in_frame();
    trace.in_message = decoder_->in_message();
    return trace;
  }

 private:
  using Event = WebSocketDecoder::Event;

  // Returns whether next() must be called again.
  bool take(std::span<std::byte> rest) {
    const bool failed = trace_.failure.close_code != 0;
    ECHOD_CHECK(!failed || event_ == Event::kError);
    std::vector<TracedFrame>& frames = trace_.frames;
    switch (event_) {
      case Event::kNeedInput:
        ECHOD_CHECK(rest.empty());
        return false;
      case Event::kFrame:
        ECHOD_CHECK(frames.empty() || frames.back().complete);
        frames.push_back({.head = decoder_->frame(), .head_end = after_});
        return true;
      case Event::kPayload: {
        const std::span<std::byte> payload = decoder_->payload();
        ECHOD_CHECK(!payload.empty() && payload.data() + payload.size() == rest.data());
        frames.back().payload.append(reinterpret_cast<char*>(payload.data()), payload.size());
        return true;
      }
      case Event::kControl:
        frames.push_back({.head = decoder_->frame(),
                          .payload = std::string(decoder_->control_payload().text())});
        [[fallthrough]];
      case Event::kFrameEnd:
        ECHOD_CHECK(frames.back().head == decoder_->frame());
        ECHOD_CHECK(frames.back().payload.size() == decoder_->frame().size);
        frames.back().complete = true;
        frames.back().end = after_;
        return true;
      case Event::kError:
        if (!failed) trace_.failed_at = after_;
        ECHOD_CHECK(!failed || trace_.failure == decoder_->failure());
        trace_.failure = decoder_->failure();
        ECHOD_CHECK(trace_.failure.close_code == 1002 || trace_.failure.close_code == 1009);
        return false;
    }
    return false;
  }

  std::unique_ptr<WebSocketDecoder> decoder_;
  FrameTrace trace_;
  Event event_ = Event::kNeedInput;
  uint64_t offset_ = 0;
  uint64_t after_ = 0;
};

void check_limits(const FrameTrace& trace, const wire::WebSocketLimits& limits) {
  uint64_t message_size = 0;
  uint64_t fragments = 0;
  for (const TracedFrame& frame : trace.frames) {
    ECHOD_CHECK(frame.payload.size() <= frame.head.size);
    if (is_control(frame.head.opcode)) {
      ECHOD_CHECK(frame.head.fin && !frame.head.compressed && frame.head.size <= 125);
      continue;
    }
    const bool continues = frame.head.opcode == wire::WebSocketOpcode::kContinuation;
    ECHOD_CHECK(continues == (fragments > 0) && !(continues && frame.head.compressed));
    ECHOD_CHECK(frame.head.size <= limits.frame_size_max);
    ECHOD_CHECK((message_size += frame.head.size) <= limits.message_size_max);
    ECHOD_CHECK(++fragments <= limits.fragment_count_max);
    if (frame.head.fin) message_size = fragments = 0;
  }
}

// There is one way to write a head, and it took just its bytes.
void check_heads(const FrameTrace& trace, WebSocketRole role) {
  std::optional<wire::WebSocketMask> mask;
  if (role == WebSocketRole::kServer) mask.emplace();
  uint64_t begin = 0;
  for (const TracedFrame& frame : trace.frames) {
    const size_t head_size = encode_frame_head(frame.head, mask).bytes().size();
    if (frame.head_end > 0) ECHOD_CHECK(frame.head_end == begin + head_size);
    if (frame.complete) ECHOD_CHECK(frame.end == begin + head_size + frame.head.size);
    begin = frame.end;
  }
}

// What was read, written for the side `role`, and read there.
void check_writing(const FrameTrace& trace, WebSocketRole role, uint64_t seed) {
  Random random(seed);
  std::string bytes;
  FrameTrace expected;
  for (const TracedFrame& frame : trace.frames) {
    if (!frame.complete) break;
    std::optional<wire::WebSocketMask> mask;
    if (role == WebSocketRole::kServer) {
      for (std::byte& byte : mask.emplace()) byte = static_cast<std::byte>(random.below(256));
    }
    std::string payload = frame.payload;
    if (mask) wire::apply_mask(std::as_writable_bytes(std::span(payload)), *mask, 0);
    bytes += encode_frame_head(frame.head, mask).text();
    bytes += payload;
    expected.frames.push_back(frame);
    expected.frames.back().end = bytes.size();
    if (!is_control(frame.head.opcode)) {
      expected.frames.back().head_end = bytes.size() - payload.size();
    }
    if (!is_control(frame.head.opcode)) expected.in_message = !frame.head.fin;
  }
  FrameReader reader(role, true, {});
  reader.feed(bytes);
  ECHOD_CHECK(reader.result() == expected);
}

void check(std::string_view bytes, WebSocketRole role, bool compression,
           const wire::WebSocketLimits& limits) {
  const auto trace =
      same_for_every_split(bytes, [&] { return FrameReader(role, compression, limits); });
  check_limits(trace, limits);
  check_heads(trace, role);
  check_writing(trace, WebSocketRole::kServer, hash_of(bytes));
  check_writing(trace, WebSocketRole::kClient, 0);
}

}  // namespace
}  // namespace echod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace echod::fuzz;
  const std::string_view bytes = as_text(data, size);
  for (const auto role : {WebSocketRole::kServer, WebSocketRole::kClient}) {
    check(bytes, role, true, {});
    check(bytes, role, false, kTight);
  }
  return 0;
}
