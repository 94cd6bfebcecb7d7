// One client at a time: the simplest server. All others wait in the kernel's queue, and a silent
// client delays all of them until its idle timeout.
#include <sys/socket.h>

#include "connection_handler.h"
#include "engine/blocking/blocking_loop.h"

int main(int argc, char** argv) {
  echod::Fd listener = example::listen(argc, argv, true);
  echod::BlockingLoop loop({}, 4096);  // reads of at most 4096 bytes, as in every textbook
  while (true) {
    echod::Fd client(::accept(listener.get(), nullptr, nullptr));
    if (client.valid()) example::run(loop, example::serve(loop, std::move(client)));
  }
}
