// Echoes compressed WebSocket messages when a message cannot be returned unchanged (RFC 7692):
// inflates, checks and deflates it again, piece by piece. A frame from the peer becomes one frame
// or, if its compressed form is larger than a buffer, several.
#pragma once

#include <optional>
#include <span>

#include "base/chunk.h"
#include "base/task.h"
#include "base/utf8.h"
#include "stream/buffered_writer.h"
#include "wire/websocket/extensions.h"
#include "wire/websocket/frame.h"
#include "wire/websocket/permessage_deflate.h"

namespace echod {

class CompressedEcho {
 public:
  // `output` and `buffers` must outlive it.
  CompressedEcho(const wire::DeflateParameters& agreed, const wire::InflateLimits& limits,
                 BufferedWriter& output, BufferPool& buffers);

  // A compressed message begins.
  void begin(wire::WebSocketOpcode opcode);

  // Why the connection must be failed; nothing: continue. Only whole frames have been written then.
  using Failure = std::optional<wire::WebSocketFailure>;

  // The next part of the message's payload, from any of its frames.
  Task<Failure> take(std::span<const std::byte> part);

  // A frame from the peer is complete and, with `fin`, the message.
  Task<Failure> end_frame(bool fin);

 private:
  Task<Failure> deflate(std::span<const std::byte> plain);
  Task<> send_frame(bool fin);

  wire::MessageInflater inflater_;
  wire::MessageDeflater deflater_;
  BufferedWriter& output_;
  BufferPool& buffers_;
  Utf8Validator utf8_;
  wire::WebSocketOpcode opcode_ = wire::WebSocketOpcode::kBinary;
  bool first_frame_ = true;
  Chunk plain_;  // inflated
  Chunk frame_;  // deflated and not yet sent
};

}  // namespace echod
