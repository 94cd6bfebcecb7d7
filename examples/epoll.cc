// Readiness: epoll reports which sockets are ready, and the loop makes the call.
#include "engine/epoll/epoll_loop.h"
#include "event_loop_server.h"

int main(int argc, char** argv) {
  echod::Fd listener = example::listen(argc, argv, false);
  return example::serve_for_ever(echod::EpollLoop::create({}), std::move(listener));
}
