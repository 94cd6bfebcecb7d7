// A client of whole messages, over the code that the load tester has for each protocol.
#include <fmt/format.h>

#include <deque>

#include "app/sim/sim_client.h"
#include "base/event.h"
#include "base/nursery.h"
#include "protocol/echo_client.h"

namespace echod::sim {
namespace {

using MakeClient = decltype(&make_tcp_client);

class MessageClient final : public SimClient, private EchoTraffic {
 public:
  MessageClient(const ClientSurroundings& around, Random& chance, MakeClient make, const char* name)
      : SimClient(around, chance), make_(make), name_(name) {
    messages_ = random().spread(40);
    size_max_ = random().spread(random().chance(0.03) ? 100'000 : 2'000);
    pipeline_ = random().spread(8);
  }

 private:
  Task<> talk(SocketStream& stream) override {
    EchoClientOptions settings{.seed = random().next(), .host = "simulated"};
    EchoTraffic& traffic = *this;
    std::unique_ptr<EchoClient> client = make_(stream, loop().buffers(), traffic, settings);
    Result<void> received = co_await client->open().observed();
    Nursery sending;
    if (received) {
      sending.spawn(send_all(stream, *client));
      received = co_await client->receive().observed();
    }
    ended_ = true;
    stream.abort({Errc::kAborted});
    wake();
    co_await sending.join();
    judge(received, *client);
  }

  std::string describe_talk() const override {
    return fmt::format("{}: {} messages of up to {} bytes, {} at once; {} back", name_, messages_,
                       size_max_, pipeline_, echoed_);
  }

  Task<> send_all(SocketStream& stream, EchoClient& client) {
    while (!ended_) {
      Result<void> sent = co_await client.send().observed();
      if (!sent) {
        stream.abort(sent.error());
        break;
      }
      if (echoed_ == messages_) {
        [[maybe_unused]] Result<void> finished = co_await client.finish().observed();
        break;
      }
      if (!ended_) co_await may_send_.wait();
    }
  }

  void wake() { may_send_.wake(); }

  std::optional<uint64_t> next_message() override {
    if (begun_ == messages_ || begun_ - echoed_ >= pipeline_) return std::nullopt;
    ++begun_;
    return random().between(1, size_max_);
  }
  void sending() override {}
  void echoed(size_t count) override {
    echoed_ += count;
    wake();
  }
  void refused(std::string_view what) override {
    if (refusal_.empty()) refusal_ = what;
    echoed(1);
  }
  void wants_to_send() override { wake(); }

  void judge(const Result<void>& received, const EchoClient& client) {
    if (client.fault() == EchoFault::kCorrupt) fail(client.explanation());
    if (excused()) return;
    // A server that drains resets who was not accepted yet, and ends an HTTP connection after the
    // request it works on, and a WebSocket between messages.
    const bool ends_between = make_ != &make_tcp_client;
    if (draining() && (ends_between || echoed_ == 0)) return;
    if (!refusal_.empty()) {
      fail("a message was refused: " + refusal_);
    } else if (!received) {
      fail(client.explanation().empty() ? echod::describe(received.error()) : client.explanation());
    } else if (echoed_ < messages_) {
      fail(fmt::format("the end came after {} of {} messages", echoed_, messages_));
    }
  }

  MakeClient make_;
  const char* name_;
  uint64_t messages_ = 0;
  uint64_t size_max_ = 1;
  uint64_t pipeline_ = 1;
  uint64_t begun_ = 0;
  uint64_t echoed_ = 0;
  bool ended_ = false;
  std::string refusal_;
  Event may_send_;  // or may end
};

}  // namespace

std::unique_ptr<SimClient> make_tcp_message_client(const ClientSurroundings& around,
                                                   Random& random) {
  return std::make_unique<MessageClient>(around, random, &make_tcp_client, "tcp");
}

std::unique_ptr<SimClient> make_http1_message_client(const ClientSurroundings& around,
                                                     Random& random) {
  return std::make_unique<MessageClient>(around, random, &make_http1_client, "http");
}

std::unique_ptr<SimClient> make_websocket_message_client(const ClientSurroundings& around,
                                                         Random& random) {
  return std::make_unique<MessageClient>(around, random, &make_websocket_client, "websocket");
}

}  // namespace echod::sim
