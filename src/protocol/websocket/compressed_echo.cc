#include "protocol/websocket/compressed_echo.h"

namespace echod {
namespace {

using wire::CompressionStep;
using StepEvent = CompressionStep::Event;

constexpr wire::WebSocketFailure kTextIsNotUtf8{wire::close_code::kInvalidPayload,
                                                "text is not UTF-8"};

}  // namespace

CompressedEcho::CompressedEcho(const wire::DeflateParameters& agreed,
                               const wire::InflateLimits& limits, BufferedWriter& output,
                               BufferPool& buffers)
    : inflater_(agreed.client_window_bits(), !agreed.client_no_context_takeover, limits),
      deflater_({.window_bits = agreed.server_window_bits(),
                 .context_takeover = !agreed.server_no_context_takeover,
                 // zlib slides its hash table as often as its window. With a small window and a
                 // large table that takes most of its time.
                 .memory_level = agreed.server_window_bits() < 12 ? 5 : 8}),
      output_(output),
      buffers_(buffers) {}

void CompressedEcho::begin(wire::WebSocketOpcode opcode) {
  opcode_ = opcode;
  first_frame_ = true;
  utf8_.reset();
}

Task<CompressedEcho::Failure> CompressedEcho::take(std::span<const std::byte> part) {
  if (!plain_.has_buffer()) plain_ = co_await buffers_.lease();
  if (!frame_.has_buffer()) frame_ = co_await buffers_.lease();
  StepEvent event = StepEvent::kMore;
  while (event == StepEvent::kMore) {
    plain_.keep_front(0);
    const CompressionStep step = inflater_.inflate(part, plain_.spare());
    if (step.event == StepEvent::kError) co_return inflater_.failure();
    plain_.grow(step.size);
    event = step.event;
    Failure failure = co_await deflate(plain_.bytes());
    if (failure) co_return failure;
  }
  co_return std::nullopt;
}

Task<CompressedEcho::Failure> CompressedEcho::end_frame(bool fin) {
  if (!plain_.has_buffer()) plain_ = co_await buffers_.lease();
  if (!frame_.has_buffer()) frame_ = co_await buffers_.lease();
  StepEvent event = fin ? StepEvent::kMore : StepEvent::kEnd;
  while (event == StepEvent::kMore) {
    plain_.keep_front(0);
    const CompressionStep step = inflater_.finish(plain_.spare());
    if (step.event == StepEvent::kError) co_return inflater_.failure();
    plain_.grow(step.size);
    event = step.event;
    Failure failure = co_await deflate(plain_.bytes());
    if (failure) co_return failure;
  }
  const bool is_text = opcode_ == wire::WebSocketOpcode::kText;
  if (fin && is_text && !utf8_.complete()) co_return kTextIsNotUtf8;
  while (true) {
    if (frame_.spare().size() < wire::MessageDeflater::kOutSizeMin) co_await send_frame(false);
    const CompressionStep step =
        fin ? deflater_.finish(frame_.spare()) : deflater_.flush(frame_.spare());
    if (step.event == StepEvent::kError) co_return deflater_.failure();
    frame_.grow(step.size);
    if (step.event == StepEvent::kEnd) break;
    co_await send_frame(false);
  }
  co_await send_frame(fin);
  if (!fin) co_return std::nullopt;
  inflater_.release_memory();
  deflater_.release_memory();
  plain_ = Chunk();
  frame_ = Chunk();
  co_return std::nullopt;
}

Task<CompressedEcho::Failure> CompressedEcho::deflate(std::span<const std::byte> plain) {
  if (opcode_ == wire::WebSocketOpcode::kText && !utf8_.feed(plain)) co_return kTextIsNotUtf8;
  while (!plain.empty()) {
    if (frame_.spare().size() < wire::MessageDeflater::kOutSizeMin) co_await send_frame(false);
    const CompressionStep step = deflater_.deflate(plain, frame_.spare());
    if (step.event == StepEvent::kError) co_return deflater_.failure();
    frame_.grow(step.size);
    if (step.event == StepEvent::kMore) co_await send_frame(false);
  }
  co_return std::nullopt;
}

Task<> CompressedEcho::send_frame(bool fin) {
  const wire::WebSocketFrame frame{
      .opcode = first_frame_ ? opcode_ : wire::WebSocketOpcode::kContinuation,
      .fin = fin,
      .compressed = first_frame_,
      .size = frame_.size()};
  first_frame_ = false;
  const wire::EncodedFrameHead head = wire::encode_frame_head(frame);
  co_await output_.write(head.text());
  co_await output_.write(frame_.text());
  frame_.keep_front(0);
}

}  // namespace echod
