// A Handler answers: it is given a connection's stream and serves it to its end. One handler object
// serves all connections of a listener, on several threads at once, so it holds only settings, and
// what has one limit for all of them.
#pragma once

#include "stream/session.h"
#include "stream/stream.h"

namespace echod {

class Handler {
 public:
  virtual ~Handler() = default;

  // Ends when the connection's business is done, or fails with what cut it short. Handlers do not
  // log: whoever awaits this task looks at the outcome.
  virtual Task<> serve(Stream& peer, Session& session) const = 0;
};

}  // namespace echod
