// What the tests of the frame decoder share: a Feeder that hands a decoder its input in pieces and
// writes down what it says as one line, so that two ways of cutting the same bytes can be compared.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "base/chunk_test_util.h"
#include "wire/websocket/frame.h"

namespace echod::wire {

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::string name_of(const WebSocketFrame& frame) {
  switch (frame.opcode) {
    case WebSocketOpcode::kContinuation:
      return "more";
    case WebSocketOpcode::kText:
      return "text";
    case WebSocketOpcode::kBinary:
      return "binary";
    case WebSocketOpcode::kClose:
      return "close";
    case WebSocketOpcode::kPing:
      return "ping";
    case WebSocketOpcode::kPong:
      return "pong";
  }
  return "?";
}

// "text5(Hello) ": a whole frame. "text+5(": one that is not the message's last, and goes on.
// "text*": compressed. "ping(x) ": a control frame. "1002@1 reserved bit set": failed, after as
// many bytes.
class FrameFeeder {
 public:
  explicit FrameFeeder(WebSocketRole role = WebSocketRole::kServer, bool compression = false,
                       const WebSocketLimits& limits = {})
      : decoder_(role, compression, limits) {}

  // Decodes one more piece, in a buffer of its own that is freed afterwards. After an error, checks
  // that it stays.
  void feed(std::string_view piece) {
    const auto buffer = std::make_unique<std::byte[]>(piece.size());
    std::ranges::copy(bytes_of(piece), buffer.get());
    std::span<std::byte> input(buffer.get(), piece.size());
    do {
      event_ = decoder_.next(input);
    } while (take(piece.size() - input.size()));
    EXPECT_TRUE(failed_ || input.empty());
    offset_ += piece.size();
  }

  const std::string& said() const { return said_; }
  const WebSocketDecoder& decoder() const { return decoder_; }

 private:
  using Event = WebSocketDecoder::Event;

  // Returns whether next() must be called again.
  bool take(size_t consumed) {
    EXPECT_TRUE(!failed_ || event_ == Event::kError);
    const WebSocketFrame& frame = decoder_.frame();
    switch (event_) {
      case Event::kNeedInput:
        return false;
      case Event::kFrame:
        said_ += name_of(frame) + (frame.fin ? "" : "+") + (frame.compressed ? "*" : "") +
                 std::to_string(frame.size) + "(";
        EXPECT_TRUE(decoder_.in_message());
        return true;
      case Event::kPayload:
        EXPECT_FALSE(decoder_.payload().empty());
        said_ += text_of(decoder_.payload());
        return true;
      case Event::kFrameEnd:
        said_ += ") ";
        EXPECT_EQ(decoder_.in_message(), !frame.fin);
        return true;
      case Event::kControl:
        EXPECT_TRUE(frame.fin);
        EXPECT_EQ(decoder_.control_payload().size(), frame.size);
        said_ += name_of(frame) + "(" + std::string(decoder_.control_payload().text()) + ") ";
        return true;
      case Event::kError: {
        const WebSocketFailure& failure = decoder_.failure();
        if (!failed_) {
          said_ += std::to_string(failure.close_code) + "@" + std::to_string(offset_ + consumed) +
                   " " + std::string(failure.reason);
        }
        failed_ = true;
        return false;
      }
    }
    return false;
  }

  WebSocketDecoder decoder_;
  std::string said_;
  Event event_ = Event::kNeedInput;
  size_t offset_ = 0;
  bool failed_ = false;
};

// What a decoder says of `bytes`, having checked that it is the same for every cut in two, byte by
// byte, and with empty pieces between.
inline std::string decoded(std::string_view bytes, WebSocketRole role = WebSocketRole::kServer,
                           bool compression = false, const WebSocketLimits& limits = {}) {
  FrameFeeder whole(role, compression, limits);
  whole.feed(bytes);
  FrameFeeder single(role, compression, limits);
  for (const char& byte : bytes) {
    single.feed({&byte, 1});
    single.feed("");
  }
  EXPECT_EQ(single.said(), whole.said());
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    FrameFeeder halves(role, compression, limits);
    halves.feed(bytes.substr(0, cut));
    halves.feed(bytes.substr(cut));
    EXPECT_EQ(halves.said(), whole.said()) << "cut at " << cut;
  }
  return whole.said();
}

}  // namespace echod::wire
