// This file hides the differences between the libraries. zlib rejects a flush directly after a
// flush. brotli chooses its tables by the size of the first part unless given a hint. libbrotlienc,
// in all common builds, ends the process if its allocator returns null. So our allocator does not
// return then: it jumps out of the library (longjmp), and all of the library's memory is freed at
// once.
#include "wire/coding/content_encoder.h"

#define ZLIB_CONST                // next_in points to const
#define ZSTD_STATIC_LINKING_ONLY  // for a custom allocator; libzstd.so exports it too
#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <new>
#include <optional>

#include "base/check.h"
#include "base/memory_faults.h"
#include "wire/coding/library_memory.h"

namespace echod::wire {
namespace {

// Memory limits of one encoder, with a margin for other versions of the libraries.
constexpr size_t kZlibMemoryMax = size_t{384} << 10;   // bytes
constexpr size_t kBrotliMemoryMax = size_t{3} << 20;   // bytes
constexpr size_t kZstdMemoryMax = size_t{1536} << 10;  // bytes

constexpr int kZlibLevel = 6;
constexpr int kZlibMemoryLevel = 8;
constexpr int kZlibWindowBits = 15;
constexpr int kZlibGzipFormat = 16;  // added to the window's bits

constexpr uint32_t kBrotliQuality = 4;
constexpr uint32_t kBrotliWindowBits = 16;
// The size hint for brotli, which would otherwise guess by the first part: from 1 MiB on it uses 4
// MiB for a table.
constexpr uint32_t kBrotliSizeHint = uint32_t{1} << 16;

constexpr int kZstdLevel = 3;
constexpr int kZstdWindowBits = 17;
constexpr int kZstdTableBits = 15;

// zlib's own counts are of 32 bits.
constexpr size_t kZlibSizeMax = size_t{1} << 30;

}  // namespace

// One library's encoder for one content.
class ContentEncoder::Library {
 public:
  explicit Library(size_t memory_size_max) : memory_(memory_size_max) {}
  virtual ~Library() = default;  // `memory_` frees everything that the library holds

  // False: out of memory. Call this first, once.
  virtual bool start() = 0;

  // Runs until the operation is complete or `out` is full. `input` is empty except for kEncode.
  // Nothing: out of memory, and no further call is allowed.
  virtual std::optional<EncoderStep> run(Operation operation, std::span<const std::byte>& input,
                                         std::span<std::byte> out) = 0;

  size_t memory_size_peak() const { return memory_.size_peak(); }

 protected:
  LibraryMemory memory_;
};

// --- Identity -----------------------------------------------------------------------------------

class ContentEncoder::Copying final : public Library {
 public:
  Copying() : Library(0) {}

  bool start() override { return true; }

  std::optional<EncoderStep> run(Operation, std::span<const std::byte>& input,
                                 std::span<std::byte> out) override {
    const size_t size = std::min(input.size(), out.size());
    std::ranges::copy(input.first(size), out.begin());
    input = input.subspan(size);
    return EncoderStep{.size = size, .done = input.empty()};
  }
};

// --- gzip and deflate ---------------------------------------------------------------------------

class ContentEncoder::Zlib final : public Library {
 public:
  explicit Zlib(bool gzip) : Library(kZlibMemoryMax), gzip_(gzip) {}

  bool start() override {
    stream_.zalloc = &LibraryMemory::allocate_items;
    stream_.zfree = &LibraryMemory::release_items;
    stream_.opaque = &memory_;
    const int format = kZlibWindowBits + (gzip_ ? kZlibGzipFormat : 0);
    const int status = deflateInit2(&stream_, kZlibLevel, Z_DEFLATED, format, kZlibMemoryLevel,
                                    Z_DEFAULT_STRATEGY);
    ECHOD_CHECK(status == Z_OK || status == Z_MEM_ERROR);
    return status == Z_OK;
  }

  std::optional<EncoderStep> run(Operation operation, std::span<const std::byte>& input,
                                 std::span<std::byte> out) override {
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(std::min(out.size(), kZlibSizeMax));
    const size_t room = stream_.avail_out;
    int status = Z_OK;
    do {
      const auto size = static_cast<uInt>(std::min(input.size(), kZlibSizeMax));
      stream_.next_in = reinterpret_cast<const Bytef*>(input.data());
      stream_.avail_in = size;
      status = ::deflate(&stream_, mode_of(operation));
      ECHOD_CHECK(status == Z_OK || status == Z_BUF_ERROR || status == Z_STREAM_END);
      input = input.subspan(size - stream_.avail_in);
    } while (!input.empty() && stream_.avail_out > 0);
    EncoderStep step{.size = room - stream_.avail_out};
    switch (operation) {
      case Operation::kEncode:
        step.done = input.empty();
        break;
      case Operation::kFlush:
        step.done = stream_.avail_out > 0;  // if the output fits exactly, zlib needs one more call
        break;
      case Operation::kFinish:
        step.done = status == Z_STREAM_END;
        break;
    }
    return step;
  }

 private:
  static int mode_of(Operation operation) {
    switch (operation) {
      case Operation::kEncode:
        return Z_NO_FLUSH;
      case Operation::kFlush:
        return Z_SYNC_FLUSH;
      case Operation::kFinish:
        return Z_FINISH;
    }
    return Z_NO_FLUSH;
  }

  const bool gzip_;
  z_stream stream_{};
};

// --- br -----------------------------------------------------------------------------------------

class ContentEncoder::Brotli final : public Library {
 public:
  Brotli() : Library(kBrotliMemoryMax) {}

  bool start() override {
    return returned([this] {
      encoder_ = BrotliEncoderCreateInstance(&allocate, &release, this);
      ECHOD_CHECK(BrotliEncoderSetParameter(encoder_, BROTLI_PARAM_QUALITY, kBrotliQuality));
      ECHOD_CHECK(BrotliEncoderSetParameter(encoder_, BROTLI_PARAM_LGWIN, kBrotliWindowBits));
      ECHOD_CHECK(BrotliEncoderSetParameter(encoder_, BROTLI_PARAM_SIZE_HINT, kBrotliSizeHint));
    });
  }

  std::optional<EncoderStep> run(Operation operation, std::span<const std::byte>& input,
                                 std::span<std::byte> out) override {
    size_t input_left = input.size();
    size_t out_left = out.size();
    const bool whole = returned([&] {
      const auto* next_in = reinterpret_cast<const uint8_t*>(input.data());
      auto* next_out = reinterpret_cast<uint8_t*>(out.data());
      ECHOD_CHECK(BrotliEncoderCompressStream(encoder_, mode_of(operation), &input_left, &next_in,
                                              &out_left, &next_out, nullptr));
    });
    if (!whole) return std::nullopt;
    ECHOD_CHECK(input_left == 0 || out_left == 0);
    input = input.last(input_left);
    const bool written = !BrotliEncoderHasMoreOutput(encoder_);
    return EncoderStep{
        .size = out.size() - out_left,
        .done = input.empty() && (operation == Operation::kEncode || written),
    };
  }

 private:
  // Whether the call returned. If not, there was no memory, and a jump left it over C frames, in
  // which nothing needs destruction; brotli's state must not be used any more. Never inlined:
  // variables in the frame to which a longjmp returns may be lost.
  template <typename Call>
  [[gnu::noinline]] bool returned(Call call) {
    if (setjmp(no_memory_) != 0) return false;
    call();
    return true;
  }

  static void* allocate(void* brotli, size_t size) {
    auto* self = static_cast<Brotli*>(brotli);
    void* place = self->memory_.allocate(size);
    if (place == nullptr) std::longjmp(self->no_memory_, 1);
    return place;
  }

  static void release(void* brotli, void* place) {
    static_cast<Brotli*>(brotli)->memory_.release(place);
  }

  static BrotliEncoderOperation mode_of(Operation operation) {
    switch (operation) {
      case Operation::kEncode:
        return BROTLI_OPERATION_PROCESS;
      case Operation::kFlush:
        return BROTLI_OPERATION_FLUSH;
      case Operation::kFinish:
        return BROTLI_OPERATION_FINISH;
    }
    return BROTLI_OPERATION_PROCESS;
  }

  BrotliEncoderState* encoder_ = nullptr;
  std::jmp_buf no_memory_;
};

// --- zstd ---------------------------------------------------------------------------------------

class ContentEncoder::Zstd final : public Library {
 public:
  Zstd() : Library(kZstdMemoryMax) {}

  bool start() override {
    const ZSTD_customMem allocator{
        .customAlloc =
            [](void* memory, size_t size) {
              return static_cast<LibraryMemory*>(memory)->allocate(size);
            },
        .customFree = [](void* memory,
                         void* place) { static_cast<LibraryMemory*>(memory)->release(place); },
        .opaque = &memory_,
    };
    encoder_ = ZSTD_createCCtx_advanced(allocator);
    if (encoder_ == nullptr) return false;
    set(ZSTD_c_compressionLevel, kZstdLevel);
    set(ZSTD_c_windowLog, kZstdWindowBits);
    set(ZSTD_c_hashLog, kZstdTableBits);
    set(ZSTD_c_chainLog, kZstdTableBits);
    return true;
  }

  std::optional<EncoderStep> run(Operation operation, std::span<const std::byte>& input,
                                 std::span<std::byte> out) override {
    ZSTD_inBuffer source{.src = input.data(), .size = input.size(), .pos = 0};
    ZSTD_outBuffer target{.dst = out.data(), .size = out.size(), .pos = 0};
    bool done = false;
    while (!done && target.pos < target.size) {
      const size_t left = ZSTD_compressStream2(encoder_, &target, &source, mode_of(operation));
      if (ZSTD_isError(left)) {
        ECHOD_CHECK(ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation);
        return std::nullopt;
      }
      done = source.pos == source.size && (operation == Operation::kEncode || left == 0);
    }
    input = input.subspan(source.pos);
    return EncoderStep{.size = target.pos, .done = done};
  }

 private:
  void set(ZSTD_cParameter parameter, int value) {
    ECHOD_CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(encoder_, parameter, value)));
  }

  static ZSTD_EndDirective mode_of(Operation operation) {
    switch (operation) {
      case Operation::kEncode:
        return ZSTD_e_continue;
      case Operation::kFlush:
        return ZSTD_e_flush;
      case Operation::kFinish:
        return ZSTD_e_end;
    }
    return ZSTD_e_continue;
  }

  ZSTD_CCtx* encoder_ = nullptr;
};

// --- What they have in common -------------------------------------------------------------------

ContentEncoder::ContentEncoder(ContentCoding coding) : coding_(coding) {}
ContentEncoder::ContentEncoder(ContentEncoder&&) noexcept = default;
ContentEncoder& ContentEncoder::operator=(ContentEncoder&&) noexcept = default;
ContentEncoder::~ContentEncoder() = default;

size_t ContentEncoder::memory_size_max(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::kIdentity:
      break;
    case ContentCoding::kGzip:
    case ContentCoding::kDeflate:
      return kZlibMemoryMax;
    case ContentCoding::kBrotli:
      return kBrotliMemoryMax;
    case ContentCoding::kZstd:
      return kZstdMemoryMax;
  }
  return 0;
}

Result<EncoderStep> ContentEncoder::encode(std::span<const std::byte>& input,
                                           std::span<std::byte> out) {
  ECHOD_CHECK(state_ == State::kOpen || state_ == State::kFailed);
  unflushed_ = unflushed_ || !input.empty();
  return run(Operation::kEncode, input, out);
}

Result<EncoderStep> ContentEncoder::flush(std::span<std::byte> out) {
  ECHOD_CHECK(state_ == State::kOpen || state_ == State::kFlushing || state_ == State::kFailed);
  if (!unflushed_ && state_ != State::kFailed) return EncoderStep{.done = true};
  std::span<const std::byte> nothing;
  const Result<EncoderStep> step = run(Operation::kFlush, nothing, out);
  if (step) {
    state_ = step->done ? State::kOpen : State::kFlushing;
    unflushed_ = !step->done;
  }
  return step;
}

Result<EncoderStep> ContentEncoder::finish(std::span<std::byte> out) {
  ECHOD_CHECK(state_ == State::kOpen || state_ == State::kFinishing || state_ == State::kFailed);
  std::span<const std::byte> nothing;
  const Result<EncoderStep> step = run(Operation::kFinish, nothing, out);
  if (step) {
    state_ = step->done ? State::kFinished : State::kFinishing;
    if (step->done) library_.reset();
  }
  return step;
}

Result<EncoderStep> ContentEncoder::run(Operation operation, std::span<const std::byte>& input,
                                        std::span<std::byte> out) {
  ECHOD_CHECK(out.size() >= kOutSizeMin);
  std::optional<EncoderStep> step;
  if (state_ != State::kFailed && ready()) step = library_->run(operation, input, out);
  if (library_) memory_size_peak_ = library_->memory_size_peak();
  if (step) return *step;
  library_.reset();
  state_ = State::kFailed;
  return failure(Errc::kNoMemory);
}

bool ContentEncoder::ready() {
  if (library_) return true;
  if (!memory_refused()) library_ = new_library();
  return library_ && library_->start();
}

std::unique_ptr<ContentEncoder::Library> ContentEncoder::new_library() const {
  switch (coding_) {
    case ContentCoding::kIdentity:
      return std::unique_ptr<Library>(new (std::nothrow) Copying);
    case ContentCoding::kGzip:
    case ContentCoding::kDeflate:
      return std::unique_ptr<Library>(new (std::nothrow) Zlib(coding_ == ContentCoding::kGzip));
    case ContentCoding::kBrotli:
      return std::unique_ptr<Library>(new (std::nothrow) Brotli);
    case ContentCoding::kZstd:
      return std::unique_ptr<Library>(new (std::nothrow) Zstd);
  }
  return nullptr;
}

Result<std::string> encoded(ContentCoding coding, std::string_view content) {
  constexpr size_t kPieceSize = 4096;  // bytes
  std::array<std::byte, kPieceSize> out;
  std::string result;
  ContentEncoder encoder(coding);
  std::span<const std::byte> input = std::as_bytes(std::span(content));
  for (bool finished = false; !finished;) {
    const bool whole = input.empty();
    const Result<EncoderStep> step = whole ? encoder.finish(out) : encoder.encode(input, out);
    if (!step) return std::unexpected(step.error());
    result.append(reinterpret_cast<const char*>(out.data()), step->size);
    finished = whole && step->done;
  }
  return result;
}

}  // namespace echod::wire
