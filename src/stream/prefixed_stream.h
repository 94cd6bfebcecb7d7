// A Stream with bytes put back in front: what protocol detection read before it knew whom to hand
// the connection to.
#pragma once

#include "stream/stream.h"

namespace echod {

class PrefixedStream final : public Stream {
 public:
  // receive() gives `held`, then `next`, unless they are empty, and then what `inner` receives.
  // `inner` must outlive this.
  PrefixedStream(Stream& inner, Chunk held, Chunk next)
      : inner_(inner), held_(std::move(held)), next_(std::move(next)) {}

  // Once the prefix is given out this is the inner stream's own task: no frame, no extra cost.
  Task<Chunk> receive() override {
    if (held_) return give(std::move(held_));
    if (next_) return give(std::move(next_));
    return inner_.receive();
  }
  Task<> send(Chunk chunk) override { return inner_.send(std::move(chunk)); }
  Task<> finish_sending() override { return inner_.finish_sending(); }
  void abort(Error reason) noexcept override { inner_.abort(reason); }
  void expires_at(Deadline deadline) override { inner_.expires_at(deadline); }

 private:
  static Task<Chunk> give(Chunk chunk) { co_return std::move(chunk); }

  Stream& inner_;
  Chunk held_;
  Chunk next_;
};

}  // namespace echod
