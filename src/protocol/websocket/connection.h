// A WebSocket connection after its handshake: every message comes back as it came, in the same
// frames, and so do pings as pongs. What passes is checked on its way: text for UTF-8, compressed
// messages for what they inflate to, both before the frame that shows the fault is sent back where
// the frame is no larger than a buffer. (A larger one is under way by then, and a frame that has
// begun cannot be taken back: the connection is cut.)
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>

#include "base/memory_budget.h"
#include "base/utf8.h"
#include "protocol/websocket/compressed_echo.h"
#include "protocol/websocket/settings.h"
#include "stream/buffered_writer.h"
#include "stream/session.h"
#include "stream/stream.h"
#include "wire/websocket/frame.h"

namespace echod {

class WebSocketConnection {
 public:
  // Everything given must outlive the connection. `deflate`: what was agreed on, if anything.
  // `memory` may be null. After its end the peer has `linger_timeout` to end its side.
  WebSocketConnection(Stream& peer, Session& session, const WebSocketSettings& settings,
                      const std::optional<wire::DeflateParameters>& deflate, MemoryBudget* memory,
                      Duration linger_timeout);

  // Serves until one side closes. `first` was received behind the handshake.
  Task<> serve(Chunk first);

 private:
  // How a data frame goes back.
  enum class Mode : uint8_t {
    kHeld,     // once all of it is here and right
    kPassing,  // as it comes
    kRecoded,  // inflated and deflated anew
  };
  using Verdict = CompressedEcho::Verdict;

  Task<> decode_input();
  Task<bool> receive_more();
  Task<> wait_out_ping(Error timeout);
  Task<> begin_frame();
  Task<> take_payload(std::span<const std::byte> part);
  Task<> end_frame();
  bool may_keep(size_t size);
  Task<> take_control();
  Task<> close(uint16_t code, std::string_view reason);
  Task<> fail(const wire::WebSocketFailure& failure);
  Task<> send_control(wire::WebSocketOpcode opcode, std::span<const std::byte> payload);
  Task<> send_head();
  void begin_message();
  bool is_held() const;
  Verdict check(std::span<const std::byte> part);
  Verdict check_end();
  bool inflated_is_right(std::span<const std::byte> part);

  Stream& peer_;
  Session& session_;
  const WebSocketSettings& settings_;
  Duration linger_timeout_;
  wire::WebSocketDecoder decoder_;
  std::unique_ptr<wire::MessageInflater> inflater_;  // of messages that pass as they came
  std::unique_ptr<CompressedEcho> recoder_;          // of those that do not
  BufferedWriter output_;
  Chunk in_;                          // received, and being decoded
  std::span<std::byte> unread_;       // what is left of it
  std::span<const std::byte> whole_;  // of a held frame that came in one piece, its payload
  Chunk held_;                        // of one that did not
  MemoryLease lease_;                 // of what is kept for the message
  Utf8Validator utf8_;                // of the message, where it is text
  wire::WebSocketFailure inflate_failure_;
  Mode mode_ = Mode::kPassing;
  bool closing_ = false;          // a close frame was sent
  bool ping_unanswered_ = false;  // nothing has come since our ping
};

}  // namespace echod
