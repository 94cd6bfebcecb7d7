// The event-driven server of epoll.cc and uring.cc: one thread, one loop, and a task for each
// client; thousands of clients can wait concurrently. The two programs differ only in the loop.
#pragma once

#include "base/nursery.h"
#include "connection_handler.h"

namespace example {

// Accepts forever, and spawns a task for every client in the nursery.
inline echod::Task<> accept_clients(echod::Socket& listener) {
  echod::Nursery clients;
  while (true) {
    echod::Arrival client;
    echod::Operation accept = echod::Operation::accept(listener, client);
    co_await listener.loop().perform(accept);
    if (accept.error) break;
    clients.spawn(serve(listener.loop(), std::move(client.socket)));
  }
  co_await clients.join();
}

inline int serve_for_ever(echod::Result<std::unique_ptr<echod::EventLoop>> loop,
                          echod::Fd listener) {
  if (!loop) {
    std::fprintf(stderr, "no event loop: %s\n", echod::describe(loop.error()).c_str());
    return 1;
  }
  echod::Socket socket(**loop, std::move(listener));
  if (!socket.attach()) return 1;
  run(**loop, accept_clients(socket));
  return 0;
}

}  // namespace example
