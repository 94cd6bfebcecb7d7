// Shared by all examples: the handler, which is the same under every concurrency model, and a
// listening socket. Read this first, then sequential.cc, threads.cc, pool.cc, epoll.cc, uring.cc.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include "engine/loop/socket.h"
#include "net/resolver.h"
#include "net/socket_options.h"
#include "protocol/raw/echo.h"
#include "stream/socket_stream.h"

namespace example {

// Serves one client until it closes. The `loop` decides what "await" means: a blocking call, or
// serving other clients until the kernel is ready.
inline echod::Task<> serve(echod::EventLoop& loop, echod::SocketHandle client) {
  static const echod::StreamTimeouts timeouts{.idle = std::chrono::minutes(5),
                                              .stall = std::chrono::seconds(30)};
  echod::Session session{.clock = loop, .buffers = loop.buffers()};
  echod::SocketStream stream(loop, std::move(client), session, timeouts);
  echod::Result<void> outcome = stream.open();
  if (outcome) outcome = co_await echod::echo(stream).observed();
  std::printf("echoed %llu bytes; %s\n", static_cast<unsigned long long>(session.bytes_sent),
              outcome ? "closed" : echod::describe(outcome.error()).c_str());
}

// Opens a socket that listens on 127.0.0.1, on the port given as the first argument (default 8080).
// Exits on failure. `blocking`: whether accept(2) blocks.
inline echod::Fd listen(int argc, char** argv, bool blocking) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  auto port = static_cast<uint16_t>(argc > 1 ? std::atoi(argv[1]) : 8080);
  echod::Endpoint endpoint = echod::resolve("127.0.0.1", port)->front();
  echod::SocketOptions options;
  options.blocking = blocking;
  echod::Result<echod::Fd> listener = echod::listen_on(endpoint, options);
  if (!listener) {
    std::fprintf(stderr, "cannot listen: %s\n", echod::describe(listener.error()).c_str());
    std::exit(1);
  }
  std::printf("listening on %s\n", echod::Endpoint::local_of(listener->get()).to_string().c_str());
  return std::move(*listener);
}

// Runs `task` on `loop` until it completes.
inline void run(echod::EventLoop& loop, echod::Task<> task) {
  task.start();
  while (!task.done()) loop.run_once();
}

}  // namespace example
