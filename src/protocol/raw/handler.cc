#include "protocol/raw/handler.h"

#include "protocol/protocol.h"
#include "protocol/raw/echo.h"

namespace echod {

Task<> RawHandler::serve(Stream& peer, Session& session) const {
  session.protocol = Protocol::kRaw;
  return echo(peer);  // the task itself, without another frame
}

}  // namespace echod
