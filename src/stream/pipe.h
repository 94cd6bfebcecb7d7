// Two connected in-memory Streams, to test a handler without sockets or an event loop. Nothing is
// buffered: a send ends when the other side has received the chunk.
#pragma once

#include <coroutine>
#include <memory>
#include <optional>
#include <utility>

#include "stream/stream.h"

namespace echod {

// The two ends; either may be used first, and both must outlive the tasks that use them. Deadlines
// are ignored: a pipe has no clock.
std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> make_pipe();

}  // namespace echod
