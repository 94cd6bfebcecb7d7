#include "stream/pipe.h"

#include "base/event.h"

namespace echod {
namespace {

// One direction: room for one chunk, and at most one waiter on each side.
class Channel {
 public:
  Task<Chunk> receive() {
    while (!chunk_ && !finished_ && !aborted_) {
      sender_.wake();
      co_await receiver_.wait();
    }
    if (aborted_) co_await failed(aborted_->for_receiver);
    Chunk chunk = std::move(chunk_);
    sender_.wake();
    co_return std::move(chunk);
  }

  Task<> send(Chunk chunk) {
    if (!chunk) co_return;
    if (aborted_) co_await failed(aborted_->for_sender);
    chunk_ = std::move(chunk);
    receiver_.wake();
    while (chunk_ && !aborted_) co_await sender_.wait();
    if (aborted_) co_await failed(aborted_->for_sender);
  }

  void finish() {
    finished_ = true;
    receiver_.wake();
  }

  void abort(Error for_receiver, Error for_sender) {
    if (aborted_) return;
    aborted_ = Aborted{for_receiver, for_sender};
    receiver_.wake();
    sender_.wake();
  }

 private:
  struct Aborted {
    Error for_receiver;
    Error for_sender;
  };

  Chunk chunk_;
  bool finished_ = false;
  std::optional<Aborted> aborted_;
  Event receiver_;
  Event sender_;
};

class PipeEnd final : public Stream {
 public:
  PipeEnd(std::shared_ptr<Channel> in, std::shared_ptr<Channel> out)
      : in_(std::move(in)), out_(std::move(out)) {}

  Task<Chunk> receive() override { return in_->receive(); }
  Task<> send(Chunk chunk) override { return out_->send(std::move(chunk)); }
  Task<> finish_sending() override {
    out_->finish();
    co_return;
  }
  void abort(Error reason) noexcept override {
    in_->abort(reason, {Errc::kReset});
    out_->abort({Errc::kReset}, reason);
  }
  void expires_at(Deadline) override {}

 private:
  std::shared_ptr<Channel> in_;
  std::shared_ptr<Channel> out_;
};

}  // namespace

std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> make_pipe() {
  auto forth = std::make_shared<Channel>();
  auto back = std::make_shared<Channel>();
  return {std::make_unique<PipeEnd>(back, forth), std::make_unique<PipeEnd>(forth, back)};
}

}  // namespace echod
