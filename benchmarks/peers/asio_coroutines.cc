// Standalone Asio with coroutines: the same echo, written as a loop. Errors arrive as values, which
// costs less than an exception at the end of every connection.
#include <memory>
#include <utility>

#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>

#include "asio_listen.h"

namespace {

constexpr auto kAsTuple = asio::experimental::as_tuple(asio::use_awaitable);

asio::awaitable<void> echo(tcp::socket socket) {
  const auto buffer = std::make_unique_for_overwrite<Buffer>();
  for (;;) {
    auto [read_error, size] = co_await socket.async_read_some(asio::buffer(*buffer), kAsTuple);
    if (read_error) co_return;
    auto [write_error, written] =
        co_await asio::async_write(socket, asio::buffer(buffer->data(), size), kAsTuple);
    if (write_error) co_return;
  }
}

asio::awaitable<void> accept(tcp::acceptor& acceptor) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(kAsTuple);
    if (error) continue;
    std::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    asio::co_spawn(acceptor.get_executor(), echo(std::move(socket)), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  return serve_threads(argc, argv, [](tcp::acceptor& acceptor) {
    asio::co_spawn(acceptor.get_executor(), accept(acceptor), asio::detached);
  });
}
