#include "protocol/raw/handler.h"

#include "protocol/raw/echo.h"

namespace echod {

Task<> RawHandler::serve(Stream& peer, Session& session) const {
  session.protocol = SessionProtocol::kRaw;
  return echo(peer);  // the very task, not a frame around it
}

}  // namespace echod
