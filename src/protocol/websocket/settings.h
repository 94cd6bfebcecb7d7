// What the operator decides for WebSocket.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace echod {

// What is agreed on where a client offers permessage-deflate.
enum class WebSocketCompression : uint8_t {
  kMessage,  // no message refers to another: they come back byte for byte, and hold no memory
             // between
  kContext,  // what the client wants: a message may refer to earlier ones, and is compressed anew
  kOff,      // nothing: it is declined
};

struct WebSocketSettings {
  // Of a message, and of each of its frames, in bytes, and again of what it inflates to. Then:
  // 1009.
  uint64_t message_size_max = uint64_t{64} << 20;

  // How many times its compressed size a message of more than inflate_ratio_floor bytes may inflate
  // to, 0 for any. Then: 1009.
  uint32_t inflate_ratio_max = 200;
  uint64_t inflate_ratio_floor = uint64_t{16} << 20;

  WebSocketCompression compression = WebSocketCompression::kMessage;

  // After so long without a sign of the client it is sent a ping, and after as long again the
  // connection is closed. 0: never.
  Duration ping_interval = Duration::zero();
};

}  // namespace echod
