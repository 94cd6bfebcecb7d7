// The first receive decides nearly always, and its chunk is handed on as it is. Only a beginning
// that decides nothing is copied aside (at most kDetectionSizeMax bytes, so that no receive buffer
// waits for a slow client) until more has come.
#include <optional>
#include <string>
#include <string_view>

#include "protocol/handler.h"
#include "stream/prefixed_stream.h"
#include "wire/detect.h"

namespace echod {
namespace {

struct Detected {
  wire::Protocol protocol;
  Chunk held;   // bytes copied aside, before
  Chunk chunk;  // the bytes that decided
};

// Bytes copied aside as a chunk to hand on; they were bounded to fit in one.
Result<Chunk> rewrap(std::string_view held, BufferPool& buffers) {
  if (held.empty()) return Chunk();
  std::optional<Chunk> chunk = buffers.lease();
  if (!chunk) return failure(Errc::kNoMemory);
  chunk->append(held);
  return std::move(*chunk);
}

Task<Detected> detect(Stream& peer, Session& session, Duration timeout) {
  wire::Detector detector;
  std::string held;
  Detected detected{wire::Protocol::kUndecided, {}, {}};
  while (detected.protocol == wire::Protocol::kUndecided) {
    session.idle = held.empty();
    Result<Chunk> received = co_await peer.receive().observed();
    session.idle = false;
    bool late = !received && received.error().code == Errc::kTimeout && !held.empty();
    if (!received && !late) co_await failed(received.error());
    if (late || !*received) {
      detected.protocol = detector.give_up();
      break;
    }
    detected.protocol = detector.feed(received->bytes());
    if (detected.protocol != wire::Protocol::kUndecided) {
      detected.chunk = std::move(*received);
      break;
    }
    if (held.empty()) peer.expires_at(deadline_after(session.clock.now(), timeout));
    held += received->text();
  }
  peer.expires_at(kNever);
  detected.held = co_await rewrap(held, session.buffers);
  co_return std::move(detected);
}

}  // namespace

Task<> DetectHandler::serve(Stream& peer, Session& session) const {
  Detected detected = co_await detect(peer, session, detect_timeout_);
  PrefixedStream whole(peer, std::move(detected.held), std::move(detected.chunk));
  const Handler& handler =
      detected.protocol == wire::Protocol::kHttp1 ? static_cast<const Handler&>(http_) : raw_;
  co_await handler.serve(whole, session);
}

}  // namespace echod
