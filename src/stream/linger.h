// An end that the client can read. Closing a socket with unread input makes the kernel send a
// reset, which can destroy the last answer before the client has it. So what still comes is taken
// in and dropped for a while.
#pragma once

#include "stream/session.h"
#include "stream/stream.h"

namespace echod {

// Tells the peer that nothing more will be sent, and takes in what it still sends until it ends its
// side too, or `timeout` has passed. Fails only where the end cannot be sent.
Task<> finish_and_linger(Stream& peer, Session& session, Duration timeout);

}  // namespace echod
