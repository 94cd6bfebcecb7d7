// Finding out which protocol a connection speaks (wire/detect.h has the rules).
#pragma once

#include <memory>

#include "base/clock.h"
#include "protocol/protocol.h"
#include "stream/session.h"
#include "stream/stream.h"

namespace echod {

// Receives from `stream` until the first bytes decide, and puts a PrefixedStream over it that gives
// them again, for the handler. A beginning that could still become HTTP when `timeout` has passed
// since the first byte, or when the peer finishes sending, is raw. Fails as the stream does. Never
// kAuto.
Task<Protocol> detect(std::unique_ptr<Stream>& stream, Session& session, Duration timeout);

}  // namespace echod
