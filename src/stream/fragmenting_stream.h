// A Stream that delivers the peer's bytes in small pieces, to test that a handler's output does not
// depend on how the network splits its input: everything must work with pieces of one byte.
#pragma once

#include <algorithm>
#include <memory>

#include "base/chunk.h"
#include "stream/stream.h"

namespace echod {

class FragmentingStream final : public Stream {
 public:
  // receive() returns what `inner` receives in pieces of `piece_size` bytes; the last piece of a
  // chunk may be shorter. The pieces are copies in buffers leased from `buffers`; the last piece is
  // the rest of the chunk itself. Sending is unchanged. `buffers` must outlive this.
  FragmentingStream(std::unique_ptr<Stream> inner, BufferPool& buffers, size_t piece_size)
      : inner_(std::move(inner)),
        buffers_(buffers),
        piece_size_(std::min(piece_size, buffers.buffer_size())) {
    ECHOD_CHECK(piece_size > 0);
  }

  // Fails with kNoMemory if there is no buffer for a piece; the next call returns that piece.
  Task<Chunk> receive() override {
    if (!uncut_) uncut_ = co_await inner_->receive();
    if (uncut_.size() <= piece_size_) co_return std::move(uncut_);
    Result<Chunk> piece = buffers_.lease();
    if (!piece) co_await failed({Errc::kNoMemory, During::kReceive});
    piece->append(uncut_.bytes().first(piece_size_));
    uncut_.drop_front(piece_size_);
    co_return std::move(*piece);
  }
  Task<> send(Chunk chunk) override { return inner_->send(std::move(chunk)); }
  Task<> finish_sending() override { return inner_->finish_sending(); }
  void abort(Error reason) noexcept override {
    uncut_ = Chunk();
    inner_->abort(reason);
  }
  void expires_at(Deadline deadline) override { inner_->expires_at(deadline); }

 private:
  std::unique_ptr<Stream> inner_;
  BufferPool& buffers_;
  size_t piece_size_;
  Chunk uncut_;  // received by `inner_`, and not yet returned by receive()
};

}  // namespace echod
