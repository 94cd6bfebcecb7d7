// A Stream that first returns bytes that were read before: those that protocol detection consumed
// before it knew which handler serves the connection.
#pragma once

#include <memory>
#include <utility>

#include "stream/stream.h"

namespace echod {

class PrefixedStream final : public Stream {
 public:
  explicit PrefixedStream(std::unique_ptr<Stream> inner) : inner_(std::move(inner)) {}

  // The next receives return `first`, then `second` (unless empty), and then new bytes.
  void prepend(Chunk first, Chunk second) {
    ECHOD_CHECK(!prefix_);
    prefix_ = std::make_unique<Prefix>(std::move(first), std::move(second));
  }

  // After the prefix this is the inner stream's own task: no frame, no extra cost.
  Task<Chunk> receive() override { return prefix_ ? give_prefix() : inner_->receive(); }
  Task<> send(Chunk chunk) override { return inner_->send(std::move(chunk)); }
  Task<> finish_sending() override { return inner_->finish_sending(); }
  void abort(Error reason) noexcept override {
    prefix_.reset();
    inner_->abort(reason);
  }
  void expires_at(Deadline deadline) override { inner_->expires_at(deadline); }

 private:
  // Allocated separately, because a connection needs it only briefly.
  using Prefix = std::pair<Chunk, Chunk>;

  Task<Chunk> give_prefix() {
    Chunk next = std::move(prefix_->first);
    prefix_->first = std::move(prefix_->second);
    if (!prefix_->first) prefix_.reset();
    if (next) co_return std::move(next);
    co_return co_await receive();
  }

  std::unique_ptr<Stream> inner_;
  std::unique_ptr<Prefix> prefix_;
};

}  // namespace echod
