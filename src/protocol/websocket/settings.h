// The operator's settings for WebSocket.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace echod {

// What to negotiate if a client offers permessage-deflate.
enum class WebSocketCompression : uint8_t {
  kMessage,  // no message refers to another: they are echoed unchanged, and need no memory
             // in between
  kContext,  // what the client wants: a message may refer to earlier ones; it is recompressed
  kOff,      // decline it
};

struct WebSocketSettings {
  // False: a handshake is an ordinary request, which the router answers.
  bool enabled = true;

  // Maximum size in bytes of a message, of each of its frames, and of the inflated message. Beyond:
  // 1009.
  uint64_t message_size_max = uint64_t{64} << 20;

  // Maximum ratio of inflated to compressed size, for messages of more than inflate_ratio_floor
  // bytes; 0: no limit. Beyond: 1009.
  uint32_t inflate_ratio_max = 200;
  uint64_t inflate_ratio_floor = uint64_t{16} << 20;

  WebSocketCompression compression = WebSocketCompression::kMessage;

  // After this interval without bytes from the client, the server sends a ping; after a second
  // interval it closes the connection. 0: never.
  Duration ping_interval = Duration::zero();
};

}  // namespace echod
