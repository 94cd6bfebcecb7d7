#include "stream/linger.h"

namespace echod {

Task<> finish_and_linger(Stream& peer, Session& session, Duration timeout) {
  co_await peer.finish_sending();
  const DeadlineScope scope(peer, session.deadlines, deadline_after(session.clock.now(), timeout));
  while (true) {
    Result<Chunk> more = co_await peer.receive().observed();
    if (!more || !*more) break;
  }
}

}  // namespace echod
