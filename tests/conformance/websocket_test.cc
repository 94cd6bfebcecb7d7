// WebSocket over sockets: the handshake, frames both ways while both sides send, the close, and
// what a stop means to it. What the codec makes of every frame is tested in src/wire.
#include <chrono>
#include <string>

#include "conformance/client_side.h"
#include "conformance/http_reader.h"
#include "conformance/server_fixture.h"

namespace echod {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr std::string_view kHandshake =
    "GET /any?path HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

class WebSocketTest : public ServerTest {
 protected:
  void SetUp() override {
    options.http.linger_timeout = 1h;  // an end must come at once, not when lingering is over
    start();
  }

  Client shake_hands() {
    Client client = connect();
    client.send_all(kHandshake);
    const HttpResponse answer = HttpReader(client).read_head();
    EXPECT_EQ(answer.status, 101);
    EXPECT_EQ(answer.field("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    return client;
  }
};
ECHOD_ON_SOME_ENGINES(WebSocketTest);

// A frame with the first byte `head`, from a client: masked with zeros, which leaves the payload as
// it is. Or, without `masked`, as it comes back.
std::string frame(char head, std::string_view payload, bool masked) {
  std::string bytes(1, head);
  const auto length = static_cast<char>(masked ? 0x80 : 0);
  if (payload.size() < 126) {
    bytes += static_cast<char>(length | static_cast<char>(payload.size()));
  } else {
    bytes += static_cast<char>(length | 127);
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes += static_cast<char>(payload.size() >> shift & 0xff);
    }
  }
  if (masked) bytes += "\0\0\0\0"s;
  return bytes += payload;
}

constexpr char kText = '\x81', kTextBegins = '\x01', kBinary = '\x82', kEnds = '\x80';
constexpr char kPing = '\x89', kPong = '\x8a', kClose = '\x88';

TEST_P(WebSocketTest, MessagesComeBackInTheirFrames) {
  Client client = shake_hands();
  const auto frames = [](bool masked) {
    return frame(kText, "Hello!", masked) + frame(kTextBegins, "frag", masked) +
           frame(masked ? kPing : kPong, "now", masked) + frame(kEnds, "mented", masked);
  };
  client.send_all(frames(true));
  EXPECT_EQ(client.receive_exactly(frames(false).size()), frames(false));
  client.send_all(frame(kClose, "\x03\xe8", true));
  EXPECT_EQ(client.receive_until_end(), frame(kClose, "\x03\xe8", false));
}

TEST_P(WebSocketTest, ALargeMessageIsStreamed) {
  Client client = shake_hands();
  const std::string payload = pattern(8 << 20);
  std::jthread sender = client_thread([&] { client.send_all(frame(kBinary, payload, true)); });
  const std::string expected = frame(kBinary, payload, false);
  EXPECT_TRUE(client.receive_exactly(expected.size()) == expected);
}

TEST_P(WebSocketTest, WhatIsWrongIsAnsweredWithACloseAndTheEnd) {
  Client client = shake_hands();
  client.send_all(frame(kText, "fine", true) + frame(kText, "not \xff", true) +
                  frame(kText, "late", true));
  const std::string received = client.receive_until_end();
  const std::string expected = frame(kText, "fine", false) + kClose;
  EXPECT_EQ(received.substr(0, expected.size()), expected);
  EXPECT_EQ(received.substr(expected.size() + 1, 2), "\x03\xef");  // 1007
}

TEST_P(WebSocketTest, AStoppingServerSaysGoodbye) {
  Client client = shake_hands();
  client.send_all(frame(kText, "x", true));
  EXPECT_EQ(client.receive_exactly(3), frame(kText, "x", false));
  server().request(Phase::kDraining);
  const std::string received = client.receive_until_end();
  EXPECT_EQ(received.substr(0, 1), std::string(1, kClose));
  EXPECT_EQ(received.substr(2, 2), "\x03\xe9");  // 1001
}

}  // namespace
}  // namespace echod
