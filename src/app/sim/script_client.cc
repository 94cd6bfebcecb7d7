#include "app/sim/script_client.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/sim/echo_oracle.h"
#include "base/nursery.h"

namespace echod::sim {
namespace {

// Longer waits may run into the server's idle timeout, slower reading into its stall timeout: the
// server is right to close the connection then.
constexpr Duration kWaitsMax = std::chrono::minutes(4);
constexpr Duration kReadPauseMax = std::chrono::milliseconds(100);

class ScriptClient final : public SimClient {
 public:
  ScriptClient(const ClientContext& context, Random& chance, const ClientScript& script)
      : SimClient(context, chance), script_(script) {
    for (const ScriptStep& step : script_.steps) waits_ += step.pause;
  }

 private:
  Task<> talk(ClientStream& stream) override {
    Nursery acting;
    acting.spawn(act(stream));
    if (!script_.reads) {
      co_await acting.join();
      stream.reset_when_closed();
      co_return;
    }
    Result<void> received = co_await receive_all(stream).observed();
    if (!received) stream.abort({Errc::kAborted});
    co_await acting.join();
    if (reset_) stream.reset_when_closed();
    judge(received);
  }

  std::string describe_talk() const override {
    return fmt::format("script of {} steps: {} bytes sent, {} received", script_.steps.size(),
                       sent_.size(), received_.size());
  }

  Task<> act(ClientStream& stream) {
    for (const ScriptStep& step : script_.steps) {
      if (step.kind == ScriptStep::Kind::kReset) {
        reset_ = true;
        stream.abort({Errc::kAborted});
        co_return;
      }
      bool alive = true;
      if (step.kind == ScriptStep::Kind::kWait) co_await pause(step.pause);
      if (step.kind == ScriptStep::Kind::kSend && !finished_) {
        alive = co_await send(stream, step.bytes);
      }
      if (step.kind == ScriptStep::Kind::kHalfClose) alive = co_await half_close(stream);
      if (!alive) co_return;
    }
    [[maybe_unused]] bool closed = co_await half_close(stream);
  }

  Task<> pause(Duration length) {
    if (length == Duration::zero()) co_return;
    Operation sleep = Operation::sleep(loop().now() + length);
    co_await loop().perform(sleep);
  }

  Task<bool> send(ClientStream& stream, const std::string& bytes) {
    for (size_t begin = 0; begin < bytes.size();) {
      Result<Chunk> chunk = loop().buffers().lease();
      if (!chunk) co_return false;
      const size_t size = std::min(chunk->spare().size(), bytes.size() - begin);
      chunk->append(std::string_view(bytes).substr(begin, size));
      sent_.append(bytes, begin, size);  // before: some may be echoed although sending it fails
      begin += size;
      Result<void> sent = co_await stream.send(std::move(*chunk)).observed();
      if (!sent) co_return false;
    }
    co_return true;
  }

  Task<bool> half_close(ClientStream& stream) {
    if (finished_) co_return true;
    Result<void> finished = co_await stream.finish_sending().observed();
    finished_ = finished.has_value();
    co_return finished_;
  }

  Task<> receive_all(ClientStream& stream) {
    while (true) {
      Chunk chunk = co_await stream.receive();
      if (!chunk) break;
      received_ += chunk.text();
      co_await pause(script_.read_pause);
    }
  }

  // The bytes received must be right in any case. All of them must have come only where the server
  // had no good reason to close the connection.
  void judge(const Result<void>& received) {
    const Transcript transcript{.sent = sent_, .received = received_, .raw_port = script_.raw_port};
    if (std::string wrong = wrong_echo(transcript); !wrong.empty()) fail(std::move(wrong));
    const bool never_served = draining() && received_.empty();
    const bool timed_out = waits_ > kWaitsMax || script_.read_pause > kReadPauseMax;
    if (reset_ || excused() || never_served || timed_out) return;
    if (may_be_http(transcript)) {
      if (received && finished_ && !draining()) fail_unless_empty(missing_responses(transcript));
    } else if (!received) {
      fail("the connection failed: " + echod::describe(received.error()));
    } else if (received_.size() < sent_.size()) {
      fail(
          fmt::format("the connection ended after {} of {} bytes", received_.size(), sent_.size()));
    } else if (!finished_) {
      fail("the server closed the connection first");
    }
  }

  void fail_unless_empty(std::string what) {
    if (!what.empty()) fail(std::move(what));
  }

  const ClientScript& script_;
  Duration waits_ = Duration::zero();
  std::string sent_;
  std::string received_;
  bool finished_ = false;
  bool reset_ = false;
};

}  // namespace

std::unique_ptr<SimClient> make_script_client(const ClientContext& context, Random& random,
                                              const ClientScript& script) {
  return std::make_unique<ScriptClient>(context, random, script);
}

}  // namespace echod::sim
