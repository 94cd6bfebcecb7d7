#include "protocol/http1/handler.h"

#include "protocol/http1/connection.h"
#include "protocol/protocol.h"

namespace echod {

Task<> Http1Handler::serve(Stream& peer, Session& session) const {
  session.protocol = Protocol::kHttp1;
  Http1Connection connection(peer, session, settings_, router_, *state_);
  co_await connection.serve();
}

}  // namespace echod
