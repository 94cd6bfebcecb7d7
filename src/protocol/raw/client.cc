// The raw client: one pattern over the connection's whole stream. A message is a section of it, and
// is echoed when all of its bytes have come back.
#include <fmt/format.h>

#include <algorithm>

#include "base/pattern.h"
#include "base/ring_queue.h"
#include "protocol/echo_client.h"

namespace echod {
namespace {

class TcpClient final : public EchoClient {
 public:
  TcpClient(Stream& stream, BufferPool& buffers, EchoTraffic& traffic,
            const EchoClientOptions& options)
      : stream_(stream),
        buffers_(buffers),
        traffic_(traffic),
        pattern_(options.seed),
        verify_(options.verify) {}

  Task<> send() override {
    while (Chunk chunk = co_await next_chunk()) {
      traffic_.sending();
      co_await stream_.send(std::move(chunk));
    }
  }

  Task<> receive() override {
    while (Chunk chunk = co_await stream_.receive()) {
      note_first(chunk.bytes());
      const size_t count = co_await take(chunk.bytes());
      chunk = Chunk();  // its buffer, still in the cache, is used for the next send
      if (count > 0) traffic_.echoed(count);
    }
    co_await check_end();
  }

  Task<> finish() override { co_await stream_.finish_sending(); }

 private:
  // The next bytes to send: the rest of a message, and as many whole ones as may follow.
  // An empty chunk if there are none.
  Result<Chunk> next_chunk() {
    if (message_left_ == 0 && !begin_message()) return Chunk();
    Result<Chunk> chunk = buffers_.lease();
    if (!chunk) return chunk;
    const std::span<std::byte> room = chunk->spare();
    size_t size = 0;
    do {
      const auto part = static_cast<size_t>(std::min<uint64_t>(message_left_, room.size() - size));
      size += part;
      message_left_ -= part;
    } while (size < room.size() && begin_message());
    pattern_.fill(room.first(size), sent_);
    chunk->grow(size);
    sent_ += size;
    return chunk;
  }

  bool begin_message() {
    const std::optional<uint64_t> size = traffic_.next_message();
    if (!size) return false;
    message_left_ = *size;
    begun_ += *size;
    ends_.push(begun_);
    return true;
  }

  // Checks received bytes. Returns how many messages they complete.
  Result<size_t> take(std::span<const std::byte> bytes) {
    Result<void> right = check(bytes, verify_ ? &pattern_ : nullptr, received_, sent_ - received_);
    if (!right) return std::unexpected(right.error());
    received_ += bytes.size();
    size_t count = 0;
    while (!ends_.empty() && ends_.front() <= received_) {
      ends_.pop();
      ++count;
    }
    return count;
  }

  Result<void> check_end() {
    if (ends_.empty()) return {};
    return give_up(
        Detail::kClosedEarly,
        fmt::format("the server ended the connection at offset {}, with {} byte(s) outstanding",
                    received_, sent_ - received_));
  }

  Stream& stream_;
  BufferPool& buffers_;
  EchoTraffic& traffic_;
  const Pattern pattern_;
  const bool verify_;
  uint64_t begun_ = 0;         // end of the last message begun
  uint64_t message_left_ = 0;  // of the message being sent
  uint64_t sent_ = 0;
  uint64_t received_ = 0;
  RingQueue<uint64_t> ends_;  // ends of the messages in flight, oldest first
};

}  // namespace

std::unique_ptr<EchoClient> make_tcp_client(Stream& stream, BufferPool& buffers,
                                            EchoTraffic& traffic,
                                            const EchoClientOptions& options) {
  return std::make_unique<TcpClient>(stream, buffers, traffic, options);
}

}  // namespace echod
