// Standalone Asio with callbacks: a session that owns its 64 KiB buffer and alternates between
// async_read_some and async_write. An io_context and an acceptor for each thread.
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <system_error>
#include <thread>
#include <vector>

#include <asio.hpp>

#include "asio_listen.h"

namespace {

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(tcp::socket socket) : socket_(std::move(socket)) {}

  void read() {
    socket_.async_read_some(asio::buffer(*buffer_),
                            [self = shared_from_this()](std::error_code error, std::size_t size) {
                              if (!error) self->write(size);
                            });
  }

 private:
  void write(std::size_t size) {
    asio::async_write(socket_, asio::buffer(buffer_->data(), size),
                      [self = shared_from_this()](std::error_code error, std::size_t) {
                        if (!error) self->read();
                      });
  }

  tcp::socket socket_;
  std::unique_ptr<Buffer> buffer_ = std::make_unique_for_overwrite<Buffer>();
};

void accept(tcp::acceptor& acceptor) {
  acceptor.async_accept([&acceptor](std::error_code error, tcp::socket socket) {
    if (!error) {
      std::error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      std::make_shared<Session>(std::move(socket))->read();
    }
    accept(acceptor);
  });
}

}  // namespace

int main(int argc, char** argv) {
  return serve_threads(argc, argv, [](tcp::acceptor& acceptor) { accept(acceptor); });
}
