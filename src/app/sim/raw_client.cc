// A client of raw bytes, at its own pace and with an end of its choice.
#include <fmt/format.h>

#include <algorithm>

#include "app/sim/sim_client.h"
#include "base/nursery.h"
#include "base/pattern.h"

namespace echod::sim {
namespace {

class RawClient final : public SimClient {
 public:
  RawClient(const ClientSurroundings& around, Random& chance)
      : SimClient(around, chance), pattern_(chance.next()) {
    total_ = random().spread(random().chance(0.03) ? 400'000 : 20'000);
    piece_max_ = random().spread(60'000);
    think_max_ = random().chance(0.5) ? Duration::zero() : Duration(random().spread(300'000'000));
    read_pause_max_ =
        random().chance(0.5) ? Duration::zero() : Duration(random().spread(100'000'000));
    const double kind = random().uniform();
    if (kind < 0.1) end_ = End::kReset;
    if (kind > 0.95) end_ = End::kNeverRead;
    if (end_ != End::kOrderly) cut_at_ = random().below(total_ + 1);
    // Few pieces: a simulated second costs as much as its events.
    piece_max_ = std::max<uint64_t>(piece_max_, total_ / 200 + 1);
  }

 private:
  Task<> talk(SocketStream& stream) override {
    Nursery sending;
    sending.spawn(send_all(stream));
    if (end_ == End::kNeverRead) {
      co_await sending.join();
      stream.reset_when_closed();
      co_return;
    }
    Result<void> received = co_await receive_all(stream).observed();
    if (!received || received_ < total_) stream.abort({Errc::kAborted});
    co_await sending.join();
    if (end_ == End::kReset) {
      stream.reset_when_closed();
    } else {
      judge(received);
    }
  }

  std::string describe_talk() const override {
    constexpr const char* kEnds[] = {"ends in order", "resets", "never reads"};
    return fmt::format("raw: {} bytes in pieces of up to {}, {}; {} sent, {} received", total_,
                       piece_max_, kEnds[static_cast<int>(end_)], sent_, received_);
  }

  enum class End { kOrderly, kReset, kNeverRead };

  Task<> pause(Duration longest) {
    if (longest == Duration::zero()) co_return;
    const auto length =
        static_cast<int64_t>(random().below(static_cast<uint64_t>(longest.count())));
    Operation sleep = Operation::sleep(loop().now() + Duration(length));
    co_await loop().perform(sleep);
  }

  Task<> send_all(SocketStream& stream) {
    while (sent_ < total_) {
      if (end_ != End::kOrderly && sent_ >= cut_at_) {
        if (end_ == End::kReset) stream.abort({Errc::kAborted});
        break;
      }
      Result<Chunk> chunk = loop().buffers().lease();
      if (!chunk) break;
      const size_t size = std::min<size_t>(
          {chunk->spare().size(), random().between(1, piece_max_), total_ - sent_});
      pattern_.fill(chunk->spare().first(size), sent_);
      chunk->grow(size);
      sent_ += size;  // before: some of it may be echoed although sending it fails
      Result<void> sent = co_await stream.send(std::move(*chunk)).observed();
      if (!sent) co_return;
      co_await pause(think_max_);
    }
    if (end_ == End::kNeverRead) {
      co_await pause(std::chrono::minutes(2));
      co_return;
    }
    [[maybe_unused]] Result<void> finished = co_await stream.finish_sending().observed();
    finished_ = finished.has_value();
  }

  Task<> receive_all(SocketStream& stream) {
    while (true) {
      Chunk chunk = co_await stream.receive();
      if (!chunk) break;
      if (received_ + chunk.size() > sent_) {
        fail(fmt::format("{} bytes came back, and {} were sent", received_ + chunk.size(), sent_));
      } else if (auto wrong = pattern_.first_mismatch(chunk.bytes(), received_)) {
        fail(fmt::format("byte {} came back wrong", received_ + *wrong));
      }
      received_ += chunk.size();
      co_await pause(read_pause_max_);
    }
  }

  void judge(const Result<void>& received) {
    // A client the server has not accepted yet when it drains is reset.
    const bool never_served = draining() && received_ == 0;
    if (excused() || never_served) return;
    if (!received) {
      fail("the connection was cut: " + echod::describe(received.error()));
    } else if (received_ < total_) {
      fail(fmt::format("the end came after {} of {} bytes", received_, total_));
    } else if (!finished_) {
      fail("the server ended the connection first");
    }
  }

  Pattern pattern_;
  uint64_t total_ = 0;
  uint64_t piece_max_ = 1;
  Duration think_max_ = Duration::zero();
  Duration read_pause_max_ = Duration::zero();
  End end_ = End::kOrderly;
  uint64_t cut_at_ = 0;
  uint64_t sent_ = 0;
  uint64_t received_ = 0;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<SimClient> make_raw_client(const ClientSurroundings& around, Random& random) {
  return std::make_unique<RawClient>(around, random);
}

}  // namespace echod::sim
