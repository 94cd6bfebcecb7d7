// The raw echo (RFC 862 over TCP): every byte is echoed once, in order.
#pragma once

#include "stream/stream.h"

namespace echod {

// Echoes until the peer finishes sending, then finishes too: a peer that has shut down its side
// still receives every byte, and then the FIN.
Task<> echo(Stream& peer);

}  // namespace echod
