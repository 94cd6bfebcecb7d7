#include "stream/connect.h"

namespace echod {
namespace {

// A client limits its waits by its own deadlines (expires_at), not by a server's timeouts.
constexpr StreamTimeouts kNoTimeouts;

Error without_socket(Error error) {
  return with_detail(error, Layer::kTransport, Detail::kNoSocket);
}

}  // namespace

Task<> ClientStream::connect(const Endpoint& peer, const ConnectOptions& options) {
  ECHOD_CHECK(!stream_);
  Result<Fd> fd = client_socket(peer.family(), options.socket);
  if (!fd) co_await failed(without_socket(fd.error()));
  stream_ = std::make_unique<SocketStream>(loop_, std::move(*fd), session_, kNoTimeouts);
  Result<void> opened = stream_->open();
  if (!opened) {
    stream_.reset();
    co_await failed(without_socket(opened.error()));
  }
  co_await stream_->connect(peer, options.deadline);
}

Result<void> ClientStream::adopt(Fd socket) {
  ECHOD_CHECK(!stream_);
  stream_ = std::make_unique<SocketStream>(loop_, std::move(socket), session_, kNoTimeouts);
  Result<void> opened = stream_->open();
  if (!opened) stream_.reset();
  return opened;
}

}  // namespace echod
