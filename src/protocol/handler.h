// A Handler serves a connection's stream until it ends. One handler object serves all connections
// of a listener, on several threads concurrently, so it holds only settings and limits that all
// connections share.
#pragma once

#include "stream/session.h"
#include "stream/stream.h"

namespace echod {

class Handler {
 public:
  virtual ~Handler() = default;

  // Ends when the connection is complete, or fails with the error that interrupted it. Handlers do
  // not log: the awaiting task handles the outcome.
  virtual Task<> serve(Stream& peer, Session& session) const = 0;
};

}  // namespace echod
