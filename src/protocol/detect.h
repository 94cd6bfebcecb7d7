// Finding out which protocol a connection speaks (wire/detect.h has the rules).
#pragma once

#include "base/clock.h"
#include "stream/prefixed_stream.h"
#include "stream/session.h"
#include "wire/detect.h"

namespace echod {

// Receives from `peer` until the first bytes decide, and puts them back for whoever is handed the
// connection. A beginning that could still become HTTP when `timeout` has passed since the first
// byte, or when the peer finishes sending, is raw. Fails as the stream does. Never kUndecided.
Task<wire::Protocol> detect(PrefixedStream& peer, Session& session, Duration timeout);

}  // namespace echod
