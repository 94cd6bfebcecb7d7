// What the two Asio peers share: their command line, PORT [--threads N], and an io_context with an
// acceptor for each thread, among which the kernel spreads connections by hash (SO_REUSEPORT).
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include <asio.hpp>

using asio::ip::tcp;
using Buffer = std::array<char, 64 * 1024>;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

struct Loop {
  explicit Loop(unsigned short port, bool shared) : acceptor(context) {
    acceptor.open(tcp::v4());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    if (shared) acceptor.set_option(ReusePort(true));
    acceptor.bind({asio::ip::address_v4::loopback(), port});
    acceptor.listen(4096);
  }

  asio::io_context context{1};  // one thread runs it, so it needs no locks
  tcp::acceptor acceptor;
};

// Calls start(acceptor) for each thread and runs the loops until the process is ended.
template <typename Start>
int serve_threads(int argc, char** argv, Start start) {
  const bool told = argc == 4 && std::strcmp(argv[2], "--threads") == 0;
  const int threads = told ? std::atoi(argv[3]) : 1;
  if ((argc != 2 && !told) || threads < 1) {
    std::fprintf(stderr, "usage: %s PORT [--threads N]\n", argv[0]);
    return 2;
  }
  try {
    const auto port = static_cast<unsigned short>(std::atoi(argv[1]));
    std::vector<std::unique_ptr<Loop>> loops;
    for (int i = 0; i < threads; ++i) loops.push_back(std::make_unique<Loop>(port, threads > 1));
    for (auto& loop : loops) start(loop->acceptor);
    std::vector<std::thread> running;
    for (int i = 1; i < threads; ++i) {
      running.emplace_back([&loop = *loops[static_cast<std::size_t>(i)]] { loop.context.run(); });
    }
    loops[0]->context.run();
    for (auto& thread : running) thread.join();
  } catch (const std::system_error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return error.code() == std::errc::address_in_use ? 98 : 1;
  }
  return 1;
}
