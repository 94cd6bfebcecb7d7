// A WebSocket connection after its handshake. It echoes every message unchanged, in the same
// frames, and answers pings. It checks that text is UTF-8 and that compressed messages inflate
// within the limits. An invalid frame that fits into a buffer is not echoed. A larger frame may be
// partly sent when the error is found; then the connection is cut.
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
  // All arguments must outlive the connection. `deflate`: the negotiated parameters, if any.
  // `memory` may be null. After the close, the peer has `linger_timeout` to end its side.
  WebSocketConnection(Stream& peer, Session& session, const WebSocketSettings& settings,
                      const std::optional<wire::DeflateParameters>& deflate, MemoryBudget* memory,
                      Duration linger_timeout);

  // Serves until one side closes. `first`: bytes received after the handshake.
  Task<> serve(Chunk first);

 private:
  // How a data frame is echoed.
  enum class Mode : uint8_t {
    kHeld,     // as a whole, once it is complete and valid
    kPassing,  // as it arrives
    kRecoded,  // inflated and deflated again
  };
  using Event = wire::WebSocketDecoder::Event;
  using Failure = CompressedEcho::Failure;

  void take_input(Chunk&& next);
  void drop_input();
  Task<> take(Event event);
  Deadline next_look() const;
  Task<> outlive(Error error, Deadline look);
  Task<> wait_out_ping(Error timeout);
  Task<> begin_frame();
  Task<> take_payload(std::span<const std::byte> part);
  Task<> recode(std::span<const std::byte> part);
  Task<> hold(std::span<const std::byte> part);
  Task<> cut();
  Task<> end_frame();
  Task<> end_recoded(bool fin);
  Task<> send_held();
  Task<> send_copy(std::span<const std::byte> payload);
  Task<> send_collected();
  bool may_keep(size_t size);
  Task<> take_control();
  Task<> close(uint16_t code, std::string_view reason);
  Task<> fail(wire::WebSocketFailure failure);
  Task<> send_control(wire::WebSocketOpcode opcode, std::span<const std::byte> payload);
  Task<> send_head();
  void begin_message();
  bool is_held() const;
  Failure check(std::span<const std::byte> part);
  Failure check_end();
  bool inflated_is_right(std::span<const std::byte> part);

  Stream& peer_;
  Session& session_;
  const WebSocketSettings& settings_;
  Duration linger_timeout_;
  wire::WebSocketDecoder decoder_;
  std::unique_ptr<wire::MessageInflater> inflater_;  // checks messages that are echoed unchanged
  std::unique_ptr<CompressedEcho> recoder_;          // for the others
  BufferedWriter output_;
  Chunk in_;                          // received and being decoded
  std::span<std::byte> unread_;       // the part not decoded yet
  std::span<const std::byte> whole_;  // payload of a held frame that arrived in one piece
  Chunk held_;                        // payload of one that did not
  wire::EncodedFrameHead head_;       // being sent
  MemoryLease lease_;                 // for memory that the message needs
  Utf8Validator utf8_;                // of a text message
  wire::WebSocketFailure inflate_failure_;
  Mode mode_ = Mode::kPassing;
  bool closing_ = false;          // a close frame was sent
  bool ping_unanswered_ = false;  // nothing received since our ping
};

}  // namespace echod
