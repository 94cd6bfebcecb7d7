#include "protocol/websocket/connection.h"

#include <algorithm>
#include <string>
#include <utility>

#include "stream/linger.h"
#include "wire/websocket/close.h"

namespace echod {
namespace {

using wire::WebSocketFailure;
using wire::WebSocketOpcode;
using StepEvent = wire::CompressionStep::Event;
namespace close_code = wire::close_code;

constexpr WebSocketFailure kNotUtf8{close_code::kInvalidPayload, "text is not UTF-8"};

constexpr WebSocketFailure kNoMemory{close_code::kTryAgainLater,
                                     "memory limit reached (--max-memory)"};

// zlib's memory, for the budget: to inflate (a window and its state), and to inflate and deflate
// again.
constexpr size_t kInflaterSize = 48 * 1024;
constexpr size_t kRecoderSize = 384 * 1024;

wire::WebSocketLimits limits_of(const WebSocketSettings& settings) {
  return {.frame_size_max = settings.message_size_max,
          .message_size_max = settings.message_size_max};
}

}  // namespace

WebSocketConnection::WebSocketConnection(Stream& peer, Session& session,
                                         const WebSocketSettings& settings,
                                         const std::optional<wire::DeflateParameters>& deflate,
                                         MemoryBudget* memory, Duration linger_timeout)
    : peer_(peer),
      session_(session),
      settings_(settings),
      linger_timeout_(linger_timeout),
      decoder_(wire::WebSocketRole::kServer, deflate.has_value(), limits_of(settings)),
      output_(peer, session.buffers),
      lease_(memory) {
  if (!deflate) return;
  const wire::InflateLimits limits{.message_size_max = settings.message_size_max,
                                   .ratio_max = settings.inflate_ratio_max,
                                   .ratio_floor = settings.inflate_ratio_floor};
  if (deflate->echoes_as_received()) {
    inflater_ = std::make_unique<wire::MessageInflater>(
        deflate->client_window_bits(), !deflate->client_no_context_takeover, limits);
  } else {
    recoder_ = std::make_unique<CompressedEcho>(*deflate, limits, output_, session.buffers);
  }
}

// One frame for all that waits often: its own, and those of the stream.
Task<> WebSocketConnection::serve(Chunk first) {
  take_input(std::move(first));
  while (true) {
    while (!closing_) {
      const Event event = decoder_.next(unread_);
      if (event == Event::kNeedInput) break;
      co_await take(event);
    }
    co_await output_.flush();
    if (closing_) break;
    drop_input();  // no buffer is held while waiting
    const Deadline look = next_look();
    session_.ends_on_drain = !decoder_.in_frame() && !decoder_.in_message();
    std::optional<DeadlineScope<Stream>> scope;
    if (look != kNever) scope.emplace(peer_, session_.deadlines, look);
    Result<Chunk> received = co_await peer_.receive().observed();
    scope.reset();
    session_.ends_on_drain = false;
    if (!received) {
      co_await outlive(received.error(), look);
      continue;
    }
    ping_unanswered_ = false;
    take_input(std::move(*received));
    if (!in_) break;
  }
  drop_input();
  held_ = Chunk();
  co_await output_.flush();
  co_await finish_and_linger(peer_, session_, linger_timeout_);
}

// What is decoded next; the last input was dropped.
void WebSocketConnection::take_input(Chunk&& next) {
  in_ = std::move(next);
  unread_ = in_.mutable_bytes();
}

void WebSocketConnection::drop_input() {
  unread_ = {};
  if (in_.has_buffer()) in_ = Chunk();
}

// What a decoded event asks for. Most of it is done at once, without a frame.
Task<> WebSocketConnection::take(Event event) {
  switch (event) {
    case Event::kNeedInput:
      break;
    case Event::kFrame:
      return begin_frame();
    case Event::kPayload:
      return take_payload(decoder_.payload());
    case Event::kFrameEnd:
      return end_frame();
    case Event::kControl:
      return take_control();
    case Event::kError:
      return fail(decoder_.failure());
  }
  return Task<>::finished();
}

// When to look whether the peer is still there, if it is silent until then.
Deadline WebSocketConnection::next_look() const {
  if (settings_.ping_interval == Duration::zero()) return kNever;
  return deadline_after(session_.clock.now(), settings_.ping_interval);
}

// Nothing was received until `look`, or the server drains. Fails if that ends the connection.
Task<> WebSocketConnection::outlive(Error error, Deadline look) {
  if (error.code == Errc::kDrained) {
    co_await close(close_code::kGoingAway, "server shutting down");
    co_return;
  }
  if (error.code != Errc::kTimeout || session_.clock.now() < look) co_await failed(error);
  co_await wait_out_ping(error);
}

// Nothing was received during the ping interval: sends a ping, or ends the connection if the last
// ping had no reply.
Task<> WebSocketConnection::wait_out_ping(Error timeout) {
  if (ping_unanswered_) co_await failed(timeout);
  ping_unanswered_ = true;
  co_await send_control(WebSocketOpcode::kPing, {});
  co_await output_.flush();
}

void WebSocketConnection::begin_message() {
  utf8_.reset();
  if (recoder_ && decoder_.message_compressed()) recoder_->begin(decoder_.message_opcode());
}

// Whether the current frame is echoed as a whole: one whose payload has arrived, and one that is
// checked before any of it is echoed.
bool WebSocketConnection::is_held() const {
  const uint64_t size = decoder_.frame().size;
  if (size <= unread_.size()) return true;
  const bool checked =
      decoder_.message_opcode() == WebSocketOpcode::kText || decoder_.message_compressed();
  return checked && size <= session_.buffers.buffer_size();
}

// Whether the server's memory budget has room for a total of `size` bytes for this connection.
bool WebSocketConnection::may_keep(size_t size) { return lease_.grow_to(size); }

Task<> WebSocketConnection::begin_frame() {
  if (decoder_.frame().opcode != WebSocketOpcode::kContinuation) begin_message();
  if (decoder_.message_compressed() && !may_keep(recoder_ ? kRecoderSize : kInflaterSize)) {
    return fail(kNoMemory);
  }
  if (recoder_ && decoder_.message_compressed()) {
    mode_ = Mode::kRecoded;
    return Task<>::finished();
  }
  mode_ = is_held() ? Mode::kHeld : Mode::kPassing;
  return mode_ == Mode::kPassing ? send_head() : Task<>::finished();
}

Task<> WebSocketConnection::take_payload(std::span<const std::byte> part) {
  if (mode_ == Mode::kRecoded) return recode(part);
  const Failure failure = check(part);
  if (failure) return mode_ == Mode::kHeld ? fail(*failure) : cut();
  if (mode_ == Mode::kPassing) return output_.pass(in_, part);
  if (part.size() < decoder_.frame().size) return hold(part);
  whole_ = part;  // its end is the next event, before anything is received
  return Task<>::finished();
}

Task<> WebSocketConnection::recode(std::span<const std::byte> part) {
  Failure failure = co_await recoder_->take(part);
  if (failure) co_await fail(*failure);
}

// Ends the connection: part of the invalid frame was echoed, so no close frame can follow.
Task<> WebSocketConnection::cut() {
  co_await failed({Errc::kProtocol, During::kReceive, Layer::kProtocol});
}

Task<> WebSocketConnection::hold(std::span<const std::byte> part) {
  if (!held_.has_buffer()) {
    const size_t window = decoder_.message_compressed() ? kInflaterSize : 0;
    if (!may_keep(session_.buffers.buffer_size() + window)) {
      co_await fail(kNoMemory);
      co_return;
    }
    held_ = co_await session_.buffers.lease();
  }
  held_.append(part);
}

Task<> WebSocketConnection::end_frame() {
  const bool fin = decoder_.frame().fin;
  if (mode_ == Mode::kRecoded) return end_recoded(fin);
  const Failure failure = fin ? check_end() : std::nullopt;
  if (!recoder_ && fin) lease_.release();
  if (failure) return fail(*failure);
  if (fin) session_.count_websocket_message();
  return mode_ == Mode::kHeld ? send_held() : Task<>::finished();
}

// The windows are kept, and so is the lease.
Task<> WebSocketConnection::end_recoded(bool fin) {
  Failure failure = co_await recoder_->end_frame(fin);
  if (failure) {
    co_await fail(*failure);
  } else if (fin) {
    session_.count_websocket_message();
  }
}

// A frame that came in one piece goes back in the buffer that it came in, if it is the only one
// there.
Task<> WebSocketConnection::send_held() {
  if (held_) return send_collected();
  const std::span<const std::byte> payload = std::exchange(whole_, {});
  const bool is_last = payload.data() + payload.size() == in_.data() + in_.size();
  if (payload.empty() || !is_last || !output_.empty()) return send_copy(payload);
  head_ = wire::encode_frame_head(decoder_.frame());
  // The peer's head, which has a mask, was longer; but maybe its beginning was in another buffer.
  const auto before = static_cast<size_t>(payload.data() - in_.data());
  const size_t head_size = head_.bytes().size();
  if (before < head_size) return send_copy(payload);
  in_.drop_front(before - head_size);
  std::ranges::copy(head_.bytes(), in_.mutable_bytes().begin());
  return peer_.send(std::move(in_));
}

Task<> WebSocketConnection::send_copy(std::span<const std::byte> payload) {
  co_await send_head();
  co_await output_.pass(in_, payload);
}

Task<> WebSocketConnection::send_collected() {
  co_await send_head();
  co_await output_.write(held_.text());
  held_ = Chunk();
}

// Checks the next `part` of the message's payload.
WebSocketConnection::Failure WebSocketConnection::check(std::span<const std::byte> part) {
  if (decoder_.message_compressed()) {
    if (!inflated_is_right(part)) return inflate_failure_;
  } else if (decoder_.message_opcode() == WebSocketOpcode::kText && !utf8_.feed(part)) {
    return kNotUtf8;
  }
  return std::nullopt;
}

// Checks the end of the message.
WebSocketConnection::Failure WebSocketConnection::check_end() {
  if (decoder_.message_compressed()) {
    std::array<std::byte, 4096> plain;
    wire::CompressionStep step;
    do {
      step = inflater_->finish(plain);
      if (step.event == StepEvent::kError) return inflater_->failure();
      if (decoder_.message_opcode() == WebSocketOpcode::kText &&
          !utf8_.feed(std::span(plain).first(step.size))) {
        return kNotUtf8;
      }
    } while (step.event != StepEvent::kEnd);
    inflater_->release_memory();
  }
  if (decoder_.message_opcode() == WebSocketOpcode::kText && !utf8_.complete()) return kNotUtf8;
  return std::nullopt;
}

// Inflates a message that is echoed unchanged, only to check it.
bool WebSocketConnection::inflated_is_right(std::span<const std::byte> part) {
  std::array<std::byte, 4096> plain;
  wire::CompressionStep step;
  do {
    step = inflater_->inflate(part, plain);
    if (step.event == StepEvent::kError) {
      inflate_failure_ = inflater_->failure();
      return false;
    }
    if (decoder_.message_opcode() == WebSocketOpcode::kText &&
        !utf8_.feed(std::span(plain).first(step.size))) {
      inflate_failure_ = kNotUtf8;
      return false;
    }
  } while (step.event == StepEvent::kMore);
  return true;
}

Task<> WebSocketConnection::take_control() {
  const std::span<const std::byte> payload = decoder_.control_payload().bytes();
  switch (decoder_.frame().opcode) {
    case WebSocketOpcode::kPing:
      co_await send_control(WebSocketOpcode::kPong, payload);
      break;
    case WebSocketOpcode::kClose: {
      const auto parsed = wire::parse_close(payload);
      if (parsed) {
        co_await close(parsed->code, {});
      } else {
        co_await fail(parsed.error());
      }
      break;
    }
    default:
      break;  // a pong: any received frame counts as a sign of life
  }
}

Task<> WebSocketConnection::fail(WebSocketFailure failure) {
  session_.report_refused(failure.close_code, failure.reason);
  co_await close(failure.close_code, failure.reason);
}

// Sends the close frame, the last frame.
Task<> WebSocketConnection::close(uint16_t code, std::string_view reason) {
  closing_ = true;
  const wire::ControlPayload payload = wire::compose_close(code, reason);
  co_await send_control(WebSocketOpcode::kClose, payload.bytes());
}

Task<> WebSocketConnection::send_control(WebSocketOpcode opcode,
                                         std::span<const std::byte> payload) {
  std::string frame(wire::kControlFrameSizeMax, '\0');
  const size_t size =
      wire::write_control_frame(std::as_writable_bytes(std::span(frame)), opcode, payload);
  co_await output_.write(std::string_view(frame).substr(0, size));
}

Task<> WebSocketConnection::send_head() {
  head_ = wire::encode_frame_head(decoder_.frame());
  return output_.write(head_.text());
}

}  // namespace echod
