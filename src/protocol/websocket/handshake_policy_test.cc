// What the operator's policy does to WebSocket handshakes.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "protocol/http1/handler.h"
#include "protocol/protocol_test_util.h"

namespace echod {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kStatusLine101 = "HTTP/1.1 101 Switching Protocols\r\n";

std::string handshake_to(std::string_view target) {
  return "GET " + std::string(target) +
         " HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
}

class HandshakePolicyTest : public testing::Test {
 protected:
  // Serves by `policy` from now on.
  Conversation& serve_by(http::AnswerPolicy policy) {
    policy.finish();
    Http1Settings settings;
    settings.policy = std::make_shared<const http::AnswerPolicy>(std::move(policy));
    handler_.emplace(settings);
    return conversation_.emplace(*handler_);
  }

 private:
  std::optional<Http1Handler> handler_;
  std::optional<Conversation> conversation_;
};

TEST_F(HandshakePolicyTest, AStatusIsSentInsteadAndTheConnectionStays) {
  http::AnswerDefaults defaults;
  defaults.status = http::read_default_status("503").value();
  defaults.fields = {*http::any_field("X-Test: 1")};
  Conversation& conversation = serve_by({.defaults = defaults});
  conversation.send(handshake_to("/?status=200"));
  EXPECT_TRUE(conversation.received().starts_with("HTTP/1.1 503 "));
  EXPECT_TRUE(conversation.received().contains("\r\nX-Test: 1\r\n"));
  EXPECT_FALSE(conversation.got_end());
  conversation.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(conversation.take_received().ends_with("ok\n"));
}

TEST_F(HandshakePolicyTest, HealthPathsHaveNoDefaults) {
  http::AnswerDefaults defaults;
  defaults.status = http::read_default_status("503").value();
  Conversation& conversation = serve_by({.defaults = defaults});
  conversation.send(handshake_to("/healthz"));
  EXPECT_TRUE(conversation.received().starts_with(kStatusLine101));
}

TEST_F(HandshakePolicyTest, ADelay) {
  http::AnswerDefaults defaults;
  defaults.delay = http::read_default_delay("10ms").value();
  defaults.body = "no effect";
  Conversation& conversation = serve_by({.defaults = defaults});
  const Time begin = conversation.clock().now();
  conversation.send(handshake_to("/"));
  EXPECT_EQ(conversation.clock().now() - begin, 10ms);
  EXPECT_TRUE(conversation.take_received().starts_with(kStatusLine101));
  const std::string_view message("\x81\x82\0\0\0\0hi", 8);  // masked by 0
  conversation.send(message);
  EXPECT_EQ(conversation.received(), "\x81\x02hi");
}

TEST_F(HandshakePolicyTest, CloseEndsTheConnectionAfterThe101) {
  http::AnswerDefaults defaults;
  defaults.close = 100;
  Conversation& conversation = serve_by({.defaults = defaults});
  conversation.send(handshake_to("/"));
  EXPECT_TRUE(conversation.received().starts_with(kStatusLine101));
  EXPECT_TRUE(conversation.received().ends_with("\r\n\r\n")) << "and no close frame";
  EXPECT_TRUE(conversation.got_end());
}

TEST_F(HandshakePolicyTest, OutsideTheBasePath) {
  Conversation& conversation = serve_by({.base_path = "/echo"});
  conversation.send(handshake_to("/"));
  EXPECT_TRUE(conversation.take_received().starts_with("HTTP/1.1 404 "));
  conversation.send(handshake_to("/echo/a"));
  EXPECT_TRUE(conversation.take_received().starts_with(kStatusLine101));
}

}  // namespace
}  // namespace echod
