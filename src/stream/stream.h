// Stream: a byte stream to one peer, and all that a protocol handler sees of the network. Sockets,
// in-memory pipes and decorators (which change bytes or timing) are Streams. The interface is
// deliberately small: addresses, socket options and counters are elsewhere.
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

  // A connection's streams are created and freed on its thread, like its coroutine frames, and use
  // the same free lists: owning them through pointers costs no malloc.
  static void* operator new(size_t size) { return allocate_frame(size); }
  static void operator delete(void* stream, size_t size) noexcept { free_frame(stream, size); }

  // Waits for bytes. An empty chunk: the peer finished sending.
  virtual Task<Chunk> receive() = 0;

  // Sends all of `chunk`; ends when the layer below has taken the last byte, or with an error. An
  // empty chunk is sent at once.
  virtual Task<> send(Chunk chunk) = 0;

  // Tells the peer that nothing more will be sent (FIN). Receiving still works.
  virtual Task<> finish_sending() = 0;

  // Pending operations, and those started later, end with `reason`.
  virtual void abort(Error reason) noexcept = 0;

  // Operations started from now on end with kTimeout at `deadline`, until the next call; kNever
  // removes the deadline. A pending operation keeps the deadline with which it was started. All
  // layers above share this one deadline: set yours with a DeadlineScope, which does not override
  // theirs.
  virtual void expires_at(Deadline deadline) = 0;
};

}  // namespace echod
