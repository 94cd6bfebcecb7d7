// A thread for each client: clients no longer wait for each other, but each costs a stack and a
// scheduler entry. Without a limit, as here, enough clients exhaust the machine; echod's threads
// engine has a limit (src/engine/placement.h).
#include <sys/socket.h>

#include <thread>

#include "connection_handler.h"
#include "engine/blocking/blocking_loop.h"

namespace {

void serve_on_this_thread(echod::Fd client) {
  echod::BlockingLoop loop({}, 16384);
  example::run(loop, example::serve(loop, std::move(client)));
}

}  // namespace

int main(int argc, char** argv) {
  echod::Fd listener = example::listen(argc, argv, true);
  while (true) {
    echod::Fd client(::accept(listener.get(), nullptr, nullptr));
    if (client.valid()) std::thread(serve_on_this_thread, std::move(client)).detach();
  }
}
