// Detects which protocol a connection speaks (wire/detect.h has the rules).
#pragma once

#include <memory>

#include "base/clock.h"
#include "protocol/protocol.h"
#include "stream/session.h"
#include "stream/stream.h"

namespace echod {

// Receives from `stream` until the first bytes decide, sets `session.protocol`, and wraps the
// stream in a PrefixedStream, from which the handler receives those bytes again. An ambiguous
// prefix is raw when `timeout` has passed since the first byte, or when the peer finishes sending.
// Fails as the stream does.
Task<> detect(std::unique_ptr<Stream>& stream, Session& session, Duration timeout);

}  // namespace echod
