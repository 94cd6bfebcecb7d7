// Stream: a byte stream to one peer, and all that a protocol handler sees of the network. Sockets,
// in-memory pipes and decorators (what changes bytes or timing on the way) are Streams. It stays
// this small on purpose: addresses, socket options and counters live elsewhere.
#pragma once

#include <cstddef>
#include <memory>

#include "base/chunk.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/frame_pool.h"
#include "base/task.h"

namespace echod {

// At most one receive and one send may be pending at a time. The Stream must outlive both.
//
// A decorator owns the stream below it, as a std::unique_ptr<Stream>, so that any decorator can be
// put on any stream:
//
//   stream = std::make_unique<PrefixedStream>(std::move(stream));
class Stream {
 public:
  virtual ~Stream() = default;

  // A connection's streams are made and freed on its thread, as its coroutine frames are, and come
  // from the same free lists: owning them through pointers costs no malloc.
  static void* operator new(size_t size) { return allocate_frame(size); }
  static void operator delete(void* stream, size_t size) noexcept { free_frame(stream, size); }

  // Waits for bytes. An empty chunk: the peer finished sending, and nothing more will come.
  virtual Task<Chunk> receive() = 0;

  // Sends all of `chunk`; ends when the layer below has taken the last byte, or with an error. An
  // empty chunk is sent at once.
  virtual Task<> send(Chunk chunk) = 0;

  // Tells the peer that nothing more will be sent (FIN). Receiving goes on.
  virtual Task<> finish_sending() = 0;

  // Pending operations, and those started later, end with `reason`.
  virtual void abort(Error reason) noexcept = 0;

  // Operations started from now on also end by `deadline`, with kTimeout, until the next call;
  // kNever takes it back. A pending operation keeps the deadline it was started with. There is one
  // for all layers above: set yours with a DeadlineScope, which leaves theirs alone.
  virtual void expires_at(Deadline deadline) = 0;
};

}  // namespace echod
