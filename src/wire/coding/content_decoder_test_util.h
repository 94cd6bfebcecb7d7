// Decodes contents with the libraries' own decoders, as the parts of them come: what the tests and
// the fuzz target of the encoders hold against them.
#pragma once

#define ZLIB_CONST  // next_in points to const
#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "wire/http/content_coding.h"

namespace echod::wire {

class ContentDecoder {
 public:
  explicit ContentDecoder(ContentCoding coding) : coding_(coding) {
    if (coding == ContentCoding::kGzip) inflateInit2(&zlib_, 15 + 16);
    if (coding == ContentCoding::kDeflate) inflateInit(&zlib_);
    if (coding == ContentCoding::kBrotli) {
      brotli_.reset(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr));
    }
    if (coding == ContentCoding::kZstd) zstd_.reset(ZSTD_createDCtx());
  }
  ContentDecoder(const ContentDecoder&) = delete;
  ContentDecoder& operator=(const ContentDecoder&) = delete;
  ~ContentDecoder() { inflateEnd(&zlib_); }

  // False where `bytes` are not what the coding allows, or stand behind its end.
  bool feed(std::string_view bytes) {
    if (bytes.empty()) return true;  // which zstd fails for when it is asked too often
    switch (coding_) {
      case ContentCoding::kIdentity:
        text_ += bytes;
        return true;
      case ContentCoding::kGzip:
      case ContentCoding::kDeflate:
        return feed_zlib(bytes);
      case ContentCoding::kBrotli:
        return feed_brotli(bytes);
      case ContentCoding::kZstd:
        return feed_zstd(bytes);
    }
    return false;
  }

  // All that could be decoded of what was fed.
  const std::string& text() const { return text_; }

  // Whether the coding's end was read, with nothing behind it.
  bool complete() const { return coding_ == ContentCoding::kIdentity || complete_; }

 private:
  void take(size_t size) { text_.append(reinterpret_cast<const char*>(out_.data()), size); }

  bool feed_zlib(std::string_view bytes) {
    zlib_.next_in = reinterpret_cast<const Bytef*>(bytes.data());
    zlib_.avail_in = static_cast<uInt>(bytes.size());
    do {
      if (complete_) return zlib_.avail_in == 0;
      zlib_.next_out = out_.data();
      zlib_.avail_out = static_cast<uInt>(out_.size());
      const int status = inflate(&zlib_, Z_SYNC_FLUSH);
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) return false;
      complete_ = status == Z_STREAM_END;
      take(out_.size() - zlib_.avail_out);
    } while (zlib_.avail_in > 0 || zlib_.avail_out == 0);
    return true;
  }

  bool feed_brotli(std::string_view bytes) {
    size_t left = bytes.size();
    const auto* next = reinterpret_cast<const uint8_t*>(bytes.data());
    size_t room = 0;
    do {
      if (complete_) return left == 0;
      uint8_t* place = out_.data();
      room = out_.size();
      const BrotliDecoderResult result =
          BrotliDecoderDecompressStream(brotli_.get(), &left, &next, &room, &place, nullptr);
      if (result == BROTLI_DECODER_RESULT_ERROR) return false;
      complete_ = result == BROTLI_DECODER_RESULT_SUCCESS;
      take(out_.size() - room);
    } while (left > 0 || room == 0);
    return true;
  }

  bool feed_zstd(std::string_view bytes) {
    ZSTD_inBuffer in{.src = bytes.data(), .size = bytes.size(), .pos = 0};
    ZSTD_outBuffer out{.dst = out_.data(), .size = out_.size(), .pos = 0};
    do {
      if (complete_) return in.pos == in.size;
      out.pos = 0;
      const size_t left = ZSTD_decompressStream(zstd_.get(), &out, &in);
      if (ZSTD_isError(left)) return false;
      complete_ = left == 0;
      take(out.pos);
    } while (in.pos < in.size || out.pos == out.size);
    return true;
  }

  struct Free {
    void operator()(BrotliDecoderState* state) const { BrotliDecoderDestroyInstance(state); }
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };

  const ContentCoding coding_;
  bool complete_ = false;
  z_stream zlib_{};
  std::unique_ptr<BrotliDecoderState, Free> brotli_;
  std::unique_ptr<ZSTD_DCtx, Free> zstd_;
  std::array<unsigned char, 16384> out_;
  std::string text_;
};

// A whole content, decoded. Nothing where it is malformed, cut off, or more stands behind it.
inline std::optional<std::string> decoded_content(ContentCoding coding, std::string_view content) {
  ContentDecoder decoder(coding);
  if (!decoder.feed(content) || !decoder.complete()) return std::nullopt;
  return decoder.text();
}

}  // namespace echod::wire
