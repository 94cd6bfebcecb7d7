// zlib allocates through functions of ours, so that a simulation can refuse it memory, and what it
// says of that is an error like any other: no exception passes through it.
#include "wire/websocket/permessage_deflate.h"

#define ZLIB_CONST  // next_in points to const
#include <zlib.h>

#include <algorithm>
#include <new>

#include "base/check.h"
#include "base/memory_faults.h"

namespace echod::wire {
namespace {

// What the sender of a message takes off its end: the length of an empty stored block, whose head
// stays (RFC 7692 section 7.2.1).
constexpr std::array<std::byte, 4> kTail = {std::byte{0x00}, std::byte{0x00}, std::byte{0xff},
                                            std::byte{0xff}};

// The head of an empty stored block, which with the tail is all that an empty message needs
// (section 7.2.3.6).
constexpr std::byte kEmptyBlockHead{0x00};

// zlib's own counts are of 32 bits.
constexpr size_t kZlibSizeMax = size_t{1} << 30;

// Old versions of zlib wrote with a window of 512 bytes where one of 256 was asked for.
constexpr uint8_t kInflateWindowBitsMin = 9;

// z_stream::data_type after inflate(): the bits of the last byte that are not used yet, and that it
// stopped behind a whole block.
constexpr int kUnusedBits = 63;
constexpr int kBlockEnd = 128;

void* allocate(void*, uInt count, uInt size) {
  if (memory_refused()) return nullptr;
  return ::operator new(size_t{count} * size, std::nothrow);
}

void release(void*, void* memory) { ::operator delete(memory); }

z_stream empty_stream() {
  z_stream stream{};
  stream.zalloc = allocate;
  stream.zfree = release;
  return stream;
}

void set_input(z_stream& stream, std::span<const std::byte> input) {
  stream.next_in = reinterpret_cast<const Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(std::min(input.size(), kZlibSizeMax));
}

void set_output(z_stream& stream, std::span<std::byte> out) {
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(std::min(out.size(), kZlibSizeMax));
}

// Removes from the front what zlib has consumed since set_input().
void take_input(const z_stream& stream, std::span<const std::byte>& input) {
  const auto* next = reinterpret_cast<const std::byte*>(stream.next_in);
  input = input.subspan(static_cast<size_t>(next - input.data()));
}

size_t written(const z_stream& stream, std::span<std::byte> out) {
  return static_cast<size_t>(reinterpret_cast<std::byte*>(stream.next_out) - out.data());
}

}  // namespace

// --- Reading ------------------------------------------------------------------------------------

struct MessageInflater::State {
  State() = default;
  State(const State&) = delete;  // zlib keeps its address
  State& operator=(const State&) = delete;
  ~State() { inflateEnd(&stream); }

  z_stream stream = empty_stream();
};

MessageInflater::MessageInflater(uint8_t window_bits, bool context_takeover,
                                 const InflateLimits& limits)
    : limits_(limits), window_bits_(window_bits), context_takeover_(context_takeover) {
  ECHOD_CHECK(window_bits >= kWindowBitsMin && window_bits <= kWindowBitsMax);
}

MessageInflater::MessageInflater(MessageInflater&&) noexcept = default;
MessageInflater& MessageInflater::operator=(MessageInflater&&) noexcept = default;
MessageInflater::~MessageInflater() = default;

CompressionStep MessageInflater::fail(uint16_t code, std::string_view reason, size_t size) {
  failure_ = {.close_code = code, .reason = reason};
  return {.event = CompressionStep::Event::kError, .size = size};
}

CompressionStep MessageInflater::inflate(std::span<const std::byte>& input,
                                         std::span<std::byte> out) {
  return run(input, out, false);
}

CompressionStep MessageInflater::finish(std::span<std::byte> out) {
  CompressionStep step{.event = CompressionStep::Event::kNeedInput};
  if (compressed_size_ > 0) {
    std::span<const std::byte> tail = std::span(kTail).last(tail_left_);
    step = run(tail, out, true);
    tail_left_ = static_cast<uint8_t>(tail.size());
    if (step.event != CompressionStep::Event::kNeedInput) return step;
    if (!at_boundary_) {
      return fail(close_code::kInvalidPayload, "compressed message is cut off", step.size);
    }
  }
  step.event = CompressionStep::Event::kEnd;
  end_message();
  return step;
}

void MessageInflater::end_message() {
  tail_left_ = static_cast<uint8_t>(kTail.size());
  compressed_size_ = 0;
  message_size_ = 0;
  if (state_ && !context_takeover_) inflateReset(&state_->stream);
}

void MessageInflater::release_memory() {
  ECHOD_CHECK(compressed_size_ == 0);
  if (!context_takeover_) state_.reset();
}

bool MessageInflater::ready() {
  if (state_) return true;
  if (memory_refused()) return false;
  state_.reset(new (std::nothrow) State);
  const int bits = std::max(window_bits_, kInflateWindowBitsMin);
  if (state_ && inflateInit2(&state_->stream, -bits) == Z_OK) return true;
  state_.reset();
  return false;
}

// Goes on until the input is consumed (kNeedInput) or `out` is full (kMore). `tail`: the input is
// what the sender took off.
CompressionStep MessageInflater::run(std::span<const std::byte>& input, std::span<std::byte> out,
                                     bool tail) {
  ECHOD_CHECK(!out.empty());
  if (!ready()) return fail(close_code::kInternalError, "out of memory", 0);
  size_t size = 0;
  while (size < out.size()) {
    const uint64_t left = limits_.message_size_max - message_size_;
    std::byte beyond;  // where the byte goes that a message has too many
    const std::span<std::byte> room =
        left > 0 ? out.subspan(size, room_for(out.size() - size)) : std::span(&beyond, 1);
    const Turn turn = run_zlib(input, room, tail);
    if (left == 0 && turn.size > 0) return fail(close_code::kTooBig, "message too big", size);
    size += turn.size;
    message_size_ += turn.size;
    if (turn.status == Z_MEM_ERROR) return fail(close_code::kInternalError, "out of memory", size);
    if (turn.status != Z_OK && turn.status != Z_STREAM_END && turn.status != Z_BUF_ERROR) {
      return fail(close_code::kInvalidPayload, "malformed compressed message", size);
    }
    if (turn.size > 0 && over_ratio()) {
      return fail(close_code::kTooBig, "message compressed too much", size);
    }
    const bool more = turn.size == room.size() || !input.empty();
    if (!more) return {.event = CompressionStep::Event::kNeedInput, .size = size};
  }
  return {.event = CompressionStep::Event::kMore, .size = size};
}

// How much of `size` bytes may be written before the limits have to be looked at again.
size_t MessageInflater::room_for(size_t size) const {
  const uint64_t to_step = InflateLimits::kRatioStep - message_size_ % InflateLimits::kRatioStep;
  const uint64_t to_limit = limits_.message_size_max - message_size_;
  return static_cast<size_t>(std::min<uint64_t>({size, to_step, to_limit}));
}

// The ratio is judged where the message has come to a multiple of the step: the bytes consumed up
// to there are the same for every cut of the input, but for the few that zlib looks ahead.
bool MessageInflater::over_ratio() const {
  if (limits_.ratio_max == 0 || message_size_ <= limits_.ratio_floor) return false;
  if (message_size_ % InflateLimits::kRatioStep != 0) return false;
  return (message_size_ - 1) / limits_.ratio_max >= compressed_size_;
}

MessageInflater::Turn MessageInflater::run_zlib(std::span<const std::byte>& input,
                                                std::span<std::byte> out, bool tail) {
  z_stream& stream = state_->stream;
  set_input(stream, input);
  set_output(stream, out);
  // Z_BLOCK stops behind each block, and so tells whether the tail's last byte ended one.
  const int status = ::inflate(&stream, tail ? Z_BLOCK : Z_SYNC_FLUSH);
  const size_t size_before = input.size();
  take_input(stream, input);
  const Turn turn{.status = status, .size = written(stream, out)};
  const size_t consumed = size_before - input.size();
  if (!tail) compressed_size_ += consumed;
  // Asked again at a block's end, without input, it does not repeat that.
  const bool idle = consumed + turn.size == 0;
  const bool block_end =
      (stream.data_type & kBlockEnd) != 0 && (stream.data_type & kUnusedBits) == 0;
  at_boundary_ = block_end || (at_boundary_ && idle);
  if (status == Z_STREAM_END) {
    // A block said it was the last one. The message may go on, and what comes may refer to what was
    // (RFC 7692 section 7.2.3.4): unlike inflateReset(), this keeps the window.
    inflateResetKeep(&stream);
    at_boundary_ = true;
  }
  return turn;
}

// --- Writing ------------------------------------------------------------------------------------

struct MessageDeflater::State {
  State() = default;
  State(const State&) = delete;  // zlib keeps its address
  State& operator=(const State&) = delete;
  ~State() { deflateEnd(&stream); }

  z_stream stream = empty_stream();
};

MessageDeflater::MessageDeflater(const Options& options) : options_(options) {
  ECHOD_CHECK(options.window_bits >= kDeflateWindowBitsMin &&
              options.window_bits <= kWindowBitsMax);
  ECHOD_CHECK(options.level >= 1 && options.level <= 9);
  ECHOD_CHECK(options.memory_level >= 1 && options.memory_level <= 9);
}

MessageDeflater::MessageDeflater(MessageDeflater&&) noexcept = default;
MessageDeflater& MessageDeflater::operator=(MessageDeflater&&) noexcept = default;
MessageDeflater::~MessageDeflater() = default;

bool MessageDeflater::ready() {
  if (state_) return true;
  if (!memory_refused()) state_.reset(new (std::nothrow) State);
  if (state_ && deflateInit2(&state_->stream, options_.level, Z_DEFLATED, -options_.window_bits,
                             options_.memory_level, Z_DEFAULT_STRATEGY) == Z_OK) {
    return true;
  }
  state_.reset();
  failure_ = {.close_code = close_code::kInternalError, .reason = "out of memory"};
  return false;
}

CompressionStep MessageDeflater::deflate(std::span<const std::byte>& input,
                                         std::span<std::byte> out) {
  ECHOD_CHECK(out.size() >= kOutSizeMin && !flushing_);
  if (!ready()) return {.event = CompressionStep::Event::kError};
  in_message_ = true;
  unflushed_ = unflushed_ || !input.empty();
  z_stream& stream = state_->stream;
  set_output(stream, out);
  do {
    set_input(stream, input);
    const int status = ::deflate(&stream, Z_NO_FLUSH);
    ECHOD_CHECK(status == Z_OK || status == Z_BUF_ERROR);
    take_input(stream, input);
  } while (!input.empty() && stream.avail_out > 0);
  const bool full = stream.avail_out == 0;
  return {.event = full ? CompressionStep::Event::kMore : CompressionStep::Event::kNeedInput,
          .size = written(stream, out)};
}

CompressionStep MessageDeflater::flush(std::span<std::byte> out) { return run_flush(out, false); }

CompressionStep MessageDeflater::finish(std::span<std::byte> out) {
  const CompressionStep step = run_flush(out, true);
  if (step.event != CompressionStep::Event::kEnd) return step;
  in_message_ = false;
  if (state_ && !options_.context_takeover) deflateReset(&state_->stream);
  return step;
}

// `last`: the last four bytes are the tail, and do not go out. They are known only when the flush
// is complete, so until then the last four are held back.
CompressionStep MessageDeflater::run_flush(std::span<std::byte> out, bool last) {
  ECHOD_CHECK(out.size() >= kOutSizeMin);
  if (!unflushed_) {  // zlib refuses a flush behind a flush
    if (last) out.front() = kEmptyBlockHead;
    return {.event = CompressionStep::Event::kEnd, .size = last ? 1U : 0U};
  }
  flushing_ = true;
  std::ranges::copy(std::span(held_).first(held_size_), out.begin());
  const std::span<std::byte> room = out.subspan(held_size_);
  z_stream& stream = state_->stream;
  set_input(stream, {});
  set_output(stream, room);
  const int status = ::deflate(&stream, Z_SYNC_FLUSH);
  ECHOD_CHECK(status == Z_OK || status == Z_BUF_ERROR);
  size_t size = held_size_ + written(stream, room);
  const bool complete = stream.avail_out > 0;
  if (last) {
    ECHOD_CHECK(size >= held_.size());
    size -= held_.size();
    std::ranges::copy(out.subspan(size, held_.size()), held_.begin());
    held_size_ = complete ? 0 : static_cast<uint8_t>(held_.size());
  }
  if (!complete) return {.event = CompressionStep::Event::kMore, .size = size};
  ECHOD_CHECK(!last || held_ == kTail);
  flushing_ = false;
  unflushed_ = false;
  return {.event = CompressionStep::Event::kEnd, .size = size};
}

void MessageDeflater::release_memory() {
  ECHOD_CHECK(!in_message_);
  if (!options_.context_takeover) state_.reset();
}

}  // namespace echod::wire
