// A client that sends whole messages, through the load tester's client for each protocol.
#include <fmt/format.h>

#include "app/sim/sim_client.h"
#include "protocol/client_driver.h"
#include "protocol/echo_client.h"

namespace echod::sim {
namespace {

using MakeClient = decltype(&make_tcp_client);

class MessageClient final : public SimClient, private EchoTraffic {
 public:
  MessageClient(const ClientContext& context, Random& chance, MakeClient make, const char* name)
      : SimClient(context, chance), make_(make), name_(name) {
    messages_ = random().spread(40);
    size_max_ = random().spread(random().chance(0.03) ? 100'000 : 2'000);
    pipeline_ = random().spread(8);
  }

 private:
  Task<> talk(ClientStream& stream) override {
    EchoClientOptions settings{.seed = random().next(), .host = "simulated"};
    EchoTraffic& traffic = *this;
    std::unique_ptr<EchoClient> client = make_(stream, loop().buffers(), traffic, settings);
    ClientDriver driver(stream, *client, traffic);
    driver_ = &driver;
    Result<void> received = co_await driver.run().observed();
    driver_ = nullptr;
    judge(received, *client);
  }

  std::string describe_talk() const override {
    return fmt::format("{}: {} messages of up to {} bytes, {} in flight; {} received", name_,
                       messages_, size_max_, pipeline_, echoed_);
  }

  std::optional<uint64_t> next_message() override {
    if (begun_ == messages_ || begun_ - echoed_ >= pipeline_) return std::nullopt;
    ++begun_;
    return random().between(1, size_max_);
  }
  void sending() override {}
  void echoed(size_t count) override {
    echoed_ += count;
    driver_->wake();
  }
  void refused(std::string_view what) override {
    if (refusal_.empty()) refusal_ = what;
    echoed(1);
  }
  void wants_to_send() override { driver_->wake(); }
  bool is_finished() const override { return echoed_ == messages_; }

  void judge(const Result<void>& received, const EchoClient& client) {
    const bool corrupt = !received && received.error().detail == Detail::kCorruptData;
    if (corrupt) fail(client.explanation());
    if (excused()) return;
    // A draining server resets clients it has not accepted yet, closes an HTTP connection after the
    // current request, and a WebSocket between messages.
    const bool ends_between = make_ != &make_tcp_client;
    if (draining() && (ends_between || echoed_ == 0)) return;
    if (!refusal_.empty()) {
      fail("a message was refused: " + refusal_);
    } else if (!received) {
      fail(client.explanation().empty() ? echod::describe(received.error()) : client.explanation());
    } else if (echoed_ < messages_) {
      fail(fmt::format("the connection ended after {} of {} messages", echoed_, messages_));
    }
  }

  MakeClient make_;
  const char* name_;
  uint64_t messages_ = 0;
  uint64_t size_max_ = 1;
  uint64_t pipeline_ = 1;
  uint64_t begun_ = 0;
  uint64_t echoed_ = 0;
  ClientDriver* driver_ = nullptr;  // while it talks
  std::string refusal_;
};

}  // namespace

std::unique_ptr<SimClient> make_tcp_message_client(const ClientContext& context, Random& random) {
  return std::make_unique<MessageClient>(context, random, &make_tcp_client, "tcp");
}

std::unique_ptr<SimClient> make_http1_message_client(const ClientContext& context, Random& random) {
  return std::make_unique<MessageClient>(context, random, &make_http1_client, "http");
}

std::unique_ptr<SimClient> make_websocket_message_client(const ClientContext& context,
                                                         Random& random) {
  return std::make_unique<MessageClient>(context, random, &make_websocket_client, "websocket");
}

}  // namespace echod::sim
