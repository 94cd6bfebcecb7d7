#include "protocol/raw/echo.h"

namespace echod {

Task<> echo(Stream& peer) {
  while (Chunk chunk = co_await peer.receive()) co_await peer.send(std::move(chunk));
  co_await peer.finish_sending();
}

}  // namespace echod
