// A fixed number of threads that accept from the same socket. The cost is bounded: as many clients
// are served at once as there are threads, and the others wait in the kernel's queue. echod's pool
// engine puts its own queue between one accepting thread and the workers (src/engine/placement.h).
#include <sys/socket.h>

#include <thread>
#include <vector>

#include "connection_handler.h"
#include "engine/blocking/blocking_loop.h"

namespace {

void work(int listener) {
  echod::BlockingLoop loop({}, 16384);
  while (true) {
    echod::Fd client(::accept(listener, nullptr, nullptr));
    if (client.valid()) example::run(loop, example::serve(loop, std::move(client)));
  }
}

}  // namespace

int main(int argc, char** argv) {
  echod::Fd listener = example::listen(argc, argv, true);
  std::vector<std::jthread> workers;
  for (int i = 0; i < 4; ++i) workers.emplace_back(work, listener.get());
}
