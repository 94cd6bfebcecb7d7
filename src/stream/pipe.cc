#include "stream/pipe.h"

namespace echod {
namespace {

// One direction: a place for one chunk, and at most one waiter on either side of it.
class Channel {
 public:
  // Waits on a side of the channel until the other wakes it.
  struct Waiting {
    std::coroutine_handle<>& place;
    bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept {
      ECHOD_CHECK(!place);
      place = waiter;
    }
    void await_resume() noexcept {}
  };

  Task<Chunk> receive() {
    while (!chunk_ && !finished_ && !aborted_) {
      wake(sender_);
      co_await Waiting{receiver_};
    }
    if (aborted_) co_await failed(aborted_->for_receiver);
    Chunk chunk = std::move(chunk_);
    wake(sender_);
    co_return std::move(chunk);
  }

  Task<> send(Chunk chunk) {
    if (!chunk) co_return;
    if (aborted_) co_await failed(aborted_->for_sender);
    chunk_ = std::move(chunk);
    wake(receiver_);
    while (chunk_ && !aborted_) co_await Waiting{sender_};
    if (aborted_) co_await failed(aborted_->for_sender);
  }

  void finish() {
    finished_ = true;
    wake(receiver_);
  }

  void abort(Error for_receiver, Error for_sender) {
    if (aborted_) return;
    aborted_ = Aborted{for_receiver, for_sender};
    wake(receiver_);
    wake(sender_);
  }

 private:
  struct Aborted {
    Error for_receiver;
    Error for_sender;
  };

  static void wake(std::coroutine_handle<>& place) {
    if (place) std::exchange(place, nullptr).resume();
  }

  Chunk chunk_;
  bool finished_ = false;
  std::optional<Aborted> aborted_;
  std::coroutine_handle<> receiver_;
  std::coroutine_handle<> sender_;
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
