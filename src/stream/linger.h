// A lingering close. Closing a socket with unread input makes the kernel send a reset, which can
// destroy the last response before the client has read it. So input is read and discarded for a
// while first.
#pragma once

#include "stream/session.h"
#include "stream/stream.h"

namespace echod {

// Finishes sending, then reads and discards input until the peer ends its side or `timeout` has
// passed. Fails only if the FIN cannot be sent.
Task<> finish_and_linger(Stream& peer, Session& session, Duration timeout);

}  // namespace echod
