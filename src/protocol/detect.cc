// The first receive nearly always decides, and its chunk is passed on unchanged. Only an ambiguous
// prefix is copied (at most kDetectionSizeMax bytes and a method) until more bytes arrive, so that
// a slow client holds no receive buffer.
#include "protocol/detect.h"

#include <optional>
#include <string>
#include <string_view>

#include "stream/prefixed_stream.h"
#include "wire/detect.h"

namespace echod {
namespace {

// Puts the copied bytes into a chunk to pass on; their limit ensures that they fit.
Result<Chunk> rewrap(std::string_view held, BufferPool& buffers) {
  if (held.empty()) return Chunk();
  Result<Chunk> chunk = buffers.lease();
  if (!chunk) return chunk;
  chunk->append(held);
  return chunk;
}

void prepend(std::unique_ptr<Stream>& stream, Chunk first, Chunk second) {
  auto prefixed = std::make_unique<PrefixedStream>(std::move(stream));
  prefixed->prepend(std::move(first), std::move(second));
  stream = std::move(prefixed);
}

// Continues after an undecided first receive. A separate task, so that a connection without any
// bytes yet does not need its memory.
Task<wire::Detected> detect_further(std::unique_ptr<Stream>& stream, Session& session,
                                    Duration timeout, Chunk first) {
  std::string held(first.text());
  wire::Detector detector;
  detector.feed(first.bytes());
  first = Chunk();  // frees its buffer
  wire::Detected protocol = wire::Detected::kUndecided;
  Chunk decisive;
  std::optional<DeadlineScope<Stream>> scope;
  scope.emplace(*stream, session.deadlines, deadline_after(session.clock.now(), timeout));
  while (protocol == wire::Detected::kUndecided) {
    Result<Chunk> received = co_await stream->receive().observed();
    bool late = !received && received.error().code == Errc::kTimeout;
    if (!received && !late) co_await failed(received.error());
    if (late || !*received) {
      protocol = detector.finish();
      break;
    }
    protocol = detector.feed(received->bytes());
    if (protocol == wire::Detected::kUndecided) {
      held += received->text();
    } else {
      decisive = std::move(*received);
    }
  }
  scope.reset();
  Chunk aside = co_await rewrap(held, session.buffers);
  prepend(stream, std::move(aside), std::move(decisive));
  co_return protocol;
}

Protocol protocol_of(wire::Detected verdict) {
  return verdict == wire::Detected::kHttp1 ? Protocol::kHttp1 : Protocol::kRaw;
}

// A separate function, so that the frame of a connection without any bytes yet holds no detector.
wire::Detected detect_first(std::span<const std::byte> first) {
  const wire::Detected at_once = wire::detect_at_once(first);
  if (at_once != wire::Detected::kUndecided) return at_once;
  return wire::Detector().feed(first);
}

}  // namespace

Task<> detect(std::unique_ptr<Stream>& stream, Session& session, Duration timeout) {
  session.ends_on_drain = true;  // nothing is in flight before the first byte
  Chunk first = co_await stream->receive();
  session.ends_on_drain = false;
  wire::Detected verdict = first ? detect_first(first.bytes()) : wire::Detected::kRaw;
  if (verdict == wire::Detected::kUndecided) {
    verdict = co_await detect_further(stream, session, timeout, std::move(first));
  } else {
    prepend(stream, std::move(first), {});
  }
  session.protocol = protocol_of(verdict);
  if (session.bytes_received > 0) session.report_received(session.bytes_received);
}

}  // namespace echod
