// Completion: io_uring makes the call, and reports when it is complete.
#include "engine/uring/uring_loop.h"
#include "event_loop_server.h"

int main(int argc, char** argv) {
  echod::Fd listener = example::listen(argc, argv, true);
  return example::serve_for_ever(echod::UringLoop::create({}), std::move(listener));
}
