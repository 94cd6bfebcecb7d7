// The raw echo (RFC 862 over TCP): every byte comes back, in order, once.
#pragma once

#include "stream/stream.h"

namespace echod {

// Echoes until the peer finishes sending, then finishes too: a peer that shut its side down still
// receives every byte, and then the end.
Task<> echo(Stream& peer);

}  // namespace echod
