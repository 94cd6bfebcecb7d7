// The HTTP/1 handler: settings, and a connection object for each stream.
#include "protocol/handler.h"

#include "protocol/http1/connection.h"
#include "protocol/protocol.h"

namespace echod {

Task<> Http1Handler::serve(Stream& peer, Session& session) const {
  session.protocol = Protocol::kHttp1;
  Http1Connection connection(peer, session, settings_, state_);
  co_await connection.serve();
}

}  // namespace echod
