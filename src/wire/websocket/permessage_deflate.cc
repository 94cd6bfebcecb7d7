// zlib allocates from a LibraryMemory, so that a simulation can make allocations fail. zlib reports
// that as an ordinary error: no exception passes through it.
#include "wire/websocket/permessage_deflate.h"

#define ZLIB_CONST  // next_in points to const
#include <zlib.h>

#include <algorithm>
#include <new>

#include "base/check.h"
#include "base/memory_faults.h"
#include "wire/coding/library_memory.h"

namespace echod::wire {
namespace {

// The tail that the sender removes from a message: the length of an empty stored block, whose
// header stays (RFC 7692 section 7.2.1).
constexpr std::array<std::byte, 4> kTail = {std::byte{0x00}, std::byte{0x00}, std::byte{0xff},
                                            std::byte{0xff}};

// The header of an empty stored block: with the tail, a complete empty message (section 7.2.3.6).
constexpr std::byte kEmptyBlockHead{0x00};

// zlib's own counts are of 32 bits.
constexpr size_t kZlibSizeMax = size_t{1} << 30;

// Old versions of zlib wrote with a window of 512 bytes when 256 was requested.
constexpr uint8_t kInflateWindowBitsMin = 9;

// Masks for z_stream::data_type after inflate(): the number of unused bits in the last byte, and
// the flag that it stopped at a block boundary.
constexpr int kUnusedBits = 63;
constexpr int kBlockEnd = 128;

// The memory limit of one zlib stream: twice what the largest window needs.
constexpr size_t kInflateMemoryMax = size_t{80} << 10;
constexpr size_t kDeflateMemoryMax = size_t{528} << 10;

z_stream empty_stream(LibraryMemory& memory) {
  z_stream stream{};
  stream.zalloc = &LibraryMemory::allocate_items;
  stream.zfree = &LibraryMemory::release_items;
  stream.opaque = &memory;
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

// Removes the bytes from the front that zlib has consumed since set_input().
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

  LibraryMemory memory{kInflateMemoryMax};
  z_stream stream = empty_stream(memory);
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

// Runs until the input is consumed (kNeedInput) or `out` is full (kMore). `tail`: the input is the
// tail that the sender removed.
CompressionStep MessageInflater::run(std::span<const std::byte>& input, std::span<std::byte> out,
                                     bool tail) {
  ECHOD_CHECK(!out.empty());
  if (!ready()) return fail(close_code::kInternalError, "out of memory", 0);
  size_t size = 0;
  while (size < out.size()) {
    const uint64_t left = limits_.message_size_max - message_size_;
    std::byte beyond;  // receives the first byte beyond the limit
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

// How many of `size` bytes may be written before the limits must be checked again.
size_t MessageInflater::room_for(size_t size) const {
  const uint64_t to_step = InflateLimits::kRatioStep - message_size_ % InflateLimits::kRatioStep;
  const uint64_t to_limit = limits_.message_size_max - message_size_;
  return static_cast<size_t>(std::min<uint64_t>({size, to_step, to_limit}));
}

// The ratio is checked when the output reaches a multiple of the step: the input consumed up to
// there does not depend on how it was split, except for zlib's small look-ahead.
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
  // Z_BLOCK stops after each block, and so shows whether the tail's last byte ended one.
  const int status = ::inflate(&stream, tail ? Z_BLOCK : Z_SYNC_FLUSH);
  const size_t size_before = input.size();
  take_input(stream, input);
  const Turn turn{.status = status, .size = written(stream, out)};
  const size_t consumed = size_before - input.size();
  if (!tail) compressed_size_ += consumed;
  // Called again at a block's end without input, zlib does not report the end again.
  const bool idle = consumed + turn.size == 0;
  const bool block_end =
      (stream.data_type & kBlockEnd) != 0 && (stream.data_type & kUnusedBits) == 0;
  at_boundary_ = block_end || (at_boundary_ && idle);
  if (status == Z_STREAM_END) {
    // A block was marked as final. The message may continue and refer back to earlier data (RFC
    // 7692 section 7.2.3.4): unlike inflateReset(), this keeps the window.
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

  LibraryMemory memory{kDeflateMemoryMax};
  z_stream stream = empty_stream(memory);
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

// `last`: the last four bytes are the tail and are not sent. They are known only when the flush is
// complete, so until then the last four bytes are held back.
CompressionStep MessageDeflater::run_flush(std::span<std::byte> out, bool last) {
  ECHOD_CHECK(out.size() >= kOutSizeMin);
  if (!unflushed_) {  // zlib rejects a flush directly after a flush
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
