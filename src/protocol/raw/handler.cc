#include "protocol/raw/handler.h"

#include "protocol/protocol.h"
#include "protocol/raw/echo.h"

namespace echod {

Task<> RawHandler::serve(Stream& peer, Session& session) const {
  session.protocol = Protocol::kRaw;
  return echo(peer);  // the very task, not a frame around it
}

}  // namespace echod
