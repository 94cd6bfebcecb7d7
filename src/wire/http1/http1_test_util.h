// What the HTTP/1 decoder's tests share: a Feeder that hands a decoder its input in pieces and
// writes down everything it says, so that two ways of cutting the same bytes can be compared. Each
// piece is a buffer of its own, freed after use: a view kept into one is an address-sanitizer
// error.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/http1/request.h"

namespace echod::wire {

// A request as decoded: the head's fields, copied, and the body's parts put together.
struct Decoded {
  std::string method;
  std::string target;
  std::string content_type = "";
  HttpVersion version = HttpVersion::kHttp11;
  BodyFraming framing = BodyFraming::kNone;
  uint64_t content_length = 0;
  bool keep_alive = true;
  bool expects_continue = false;
  std::string body = "";
  bool complete = true;  // kEnd was reached

  bool operator==(const Decoded&) const = default;
};

struct Outcome {
  std::vector<Decoded> requests;
  int error_status = 0;  // 0: no error
  std::string error_rule = {};
  uint64_t refused_at = 0;
  bool in_request = false;

  bool operator==(const Outcome&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Decoded& decoded) {
  return out << decoded.method << ' ' << decoded.target << " type=" << decoded.content_type
             << " version=" << static_cast<int>(decoded.version)
             << " framing=" << static_cast<int>(decoded.framing)
             << " length=" << decoded.content_length << " keep_alive=" << decoded.keep_alive
             << " continue=" << decoded.expects_continue << " body=" << decoded.body
             << " complete=" << decoded.complete;
}

inline std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  for (const Decoded& decoded : outcome.requests) out << '{' << decoded << "} ";
  return out << "status=" << outcome.error_status << " (" << outcome.error_rule << " at "
             << outcome.refused_at << ") in_request=" << outcome.in_request;
}

// The decoder's record of a request as received.
struct Recorded {
  std::string head = {};
  std::string trailers = {};
  std::vector<uint64_t> chunks = {};  // their sizes

  bool operator==(const Recorded&) const = default;
};

class Feeder {
 public:
  explicit Feeder(const HttpLimits& limits = {}) : decoder_(limits) {}

  // Decodes one more piece. After an error, checks that it stays.
  void feed(std::string_view piece) {
    const auto buffer = std::make_unique<std::byte[]>(piece.size());
    std::ranges::copy(std::as_bytes(std::span(piece)), buffer.get());
    std::span<const std::byte> input(buffer.get(), piece.size());
    while (take(decoder_.next(input), input)) {
    }
  }

  const std::vector<Recorded>& recorded() const { return recorded_; }

  Outcome outcome() const {
    Outcome result = outcome_;
    result.in_request = decoder_.in_request();
    return result;
  }
  int error_status() const { return outcome_.error_status; }
  const RequestDecoder& decoder() const { return decoder_; }

 private:
  // Writes an event down. Returns whether next() must be called again.
  bool take(RequestDecoder::Event event, std::span<const std::byte> input) {
    EXPECT_TRUE(outcome_.error_status == 0 || event == RequestDecoder::Event::kError);
    switch (event) {
      case RequestDecoder::Event::kNeedInput:
        EXPECT_TRUE(input.empty());
        return false;
      case RequestDecoder::Event::kHead: {
        const RequestHead& head = decoder_.head();
        outcome_.requests.push_back({.method = std::string(head.method),
                                     .target = std::string(head.target),
                                     .content_type = std::string(head.content_type),
                                     .version = head.version,
                                     .framing = head.framing,
                                     .content_length = head.content_length,
                                     .keep_alive = head.keep_alive,
                                     .expects_continue = head.expects_continue,
                                     .complete = false});
        recorded_.push_back({.head = std::string(decoder_.head().raw)});
        return true;
      }
      case RequestDecoder::Event::kChunk:
        EXPECT_EQ(chunk_left_, 0u);
        chunk_left_ = decoder_.chunk_size();
        EXPECT_GT(chunk_left_, 0u);
        recorded_.back().chunks.push_back(chunk_left_);
        return true;
      case RequestDecoder::Event::kBody: {
        const auto body = decoder_.body();
        EXPECT_FALSE(body.empty());
        if (decoder_.head().framing == BodyFraming::kChunked) {
          EXPECT_LE(body.size(), chunk_left_);
          chunk_left_ -= body.size();
        }
        outcome_.requests.back().body.append(reinterpret_cast<const char*>(body.data()),
                                             body.size());
        return true;
      }
      case RequestDecoder::Event::kEnd: {
        Decoded& request = outcome_.requests.back();
        EXPECT_EQ(decoder_.head().method, request.method);
        EXPECT_EQ(decoder_.head().target, request.target);
        EXPECT_EQ(decoder_.head().content_type, request.content_type);
        EXPECT_FALSE(decoder_.in_request());
        EXPECT_EQ(decoder_.head().raw, recorded_.back().head);
        recorded_.back().trailers = decoder_.trailers().text();
        request.complete = true;
        decoder_.reset();
        return true;
      }
      case RequestDecoder::Event::kError:
        outcome_.error_status = decoder_.error_status();
        outcome_.error_rule = decoder_.refusal().rule();
        outcome_.refused_at = decoder_.refused_at();
        EXPECT_FALSE(outcome_.error_rule.empty());
        return false;
    }
    return false;
  }

  RequestDecoder decoder_;
  Outcome outcome_;
  std::vector<Recorded> recorded_;
  uint64_t chunk_left_ = 0;
};

// Decodes `bytes` in one piece.
inline Outcome decode(std::string_view bytes, const HttpLimits& limits = {}) {
  Feeder feeder(limits);
  feeder.feed(bytes);
  return feeder.outcome();
}

// Feeds `bytes` in pieces of `piece_size`, with an empty piece after each.
inline void feed_in_pieces(Feeder& feeder, std::string_view bytes, size_t piece_size) {
  while (!bytes.empty()) {
    feeder.feed(bytes.substr(0, piece_size));
    feeder.feed("");
    bytes.remove_prefix(std::min(piece_size, bytes.size()));
  }
}
inline Outcome decode_in_pieces(std::string_view bytes, size_t piece_size,
                                const HttpLimits& limits = {}) {
  Feeder feeder(limits);
  feed_in_pieces(feeder, bytes, piece_size);
  return feeder.outcome();
}

// `text` for a failure message.
inline std::string printable(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x1f && byte < 0x7f) {
      out += c;
    } else {
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

// Expects the same outcome from the whole, from every cut in two, and from small pieces.
inline void expect_same_for_every_split(std::string_view bytes, const HttpLimits& limits = {}) {
  Feeder whole(limits);
  whole.feed(bytes);
  for (const size_t piece_size : {1u, 2u, 3u, 7u}) {
    Feeder feeder(limits);
    feed_in_pieces(feeder, bytes, piece_size);
    EXPECT_EQ(feeder.outcome(), whole.outcome())
        << "in pieces of " << piece_size << ": " << printable(bytes);
    EXPECT_EQ(feeder.recorded(), whole.recorded()) << "in pieces of " << piece_size;
  }
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    Feeder feeder(limits);
    feeder.feed(bytes.substr(0, cut));
    feeder.feed(bytes.substr(cut));
    EXPECT_EQ(feeder.outcome(), whole.outcome()) << "cut at " << cut << ": " << printable(bytes);
    EXPECT_EQ(feeder.recorded(), whole.recorded()) << "cut at " << cut;
  }
}

}  // namespace echod::wire
