// WebSocket from the handshake to the end, over a pipe: which frames come back, what ends the
// connection, and what it holds meanwhile. What the codec makes of every frame is tested in
// src/wire.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "protocol/http1/handler.h"
#include "protocol/protocol.h"
#include "protocol/protocol_test_util.h"
#include "wire/websocket/close.h"
#include "wire/websocket/frame.h"
#include "wire/websocket/permessage_deflate.h"

namespace echod {
namespace {

using wire::WebSocketOpcode;

constexpr std::string_view kKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
constexpr std::string_view kSwitching = "HTTP/1.1 101 Switching Protocols\r\n";

Http1Settings with(WebSocketSettings websocket) {
  Http1Settings settings;
  settings.websocket = websocket;
  return settings;
}

std::string handshake(std::string_view fields = "") {
  return "GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
         std::string(kKey) + "Sec-WebSocket-Version: 13\r\n" + std::string(fields) + "\r\n";
}

constexpr std::string_view kOffer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

struct Frame {
  WebSocketOpcode opcode;
  std::string payload;
  bool fin = true;
  bool compressed = false;
};

// As a client sends it, or, without `masked`, as the server has to.
std::string bytes_of(const Frame& frame, bool masked) {
  const wire::WebSocketMask mask = {std::byte{0x12}, std::byte{0x34}, std::byte{0x56},
                                    std::byte{0x78}};
  const wire::WebSocketFrame head{.opcode = frame.opcode,
                                  .fin = frame.fin,
                                  .compressed = frame.compressed,
                                  .size = frame.payload.size()};
  std::string payload = frame.payload;
  if (!masked) return std::string(wire::encode_frame_head(head).text()) + payload;
  wire::apply_mask(std::as_writable_bytes(std::span(payload)), mask, 0);
  return std::string(wire::encode_frame_head(head, mask).text()) + payload;
}

std::string sent(const std::vector<Frame>& frames) {
  std::string bytes;
  for (const Frame& frame : frames) bytes += bytes_of(frame, true);
  return bytes;
}

std::string echoed(const std::vector<Frame>& frames) {
  std::string bytes;
  for (const Frame& frame : frames) bytes += bytes_of(frame, false);
  return bytes;
}

Frame closing(uint16_t code, std::string_view reason = "") {
  return {.opcode = WebSocketOpcode::kClose,
          .payload = std::string(wire::compose_close(code, reason).text())};
}

// A conversation that has shaken hands.
class Chat {
 public:
  explicit Chat(const WebSocketSettings& settings = {}, std::string_view fields = "")
      : handler(with(settings)), conversation(handler) {
    conversation.send(handshake(fields));
    answer = conversation.take_received();
    EXPECT_TRUE(answer.starts_with(kSwitching)) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
    EXPECT_EQ(conversation.session().protocol, Protocol::kWebSocket);
  }

  std::string send(std::string_view bytes) {
    conversation.send(bytes);
    return conversation.take_received();
  }

  Http1Handler handler;
  Conversation conversation;
  std::string answer;
};

const std::vector<Frame> kSeveralFrames = {
    {.opcode = WebSocketOpcode::kText, .payload = "h\xc3", .fin = false},
    {.opcode = WebSocketOpcode::kContinuation, .payload = "", .fin = false},
    {.opcode = WebSocketOpcode::kContinuation, .payload = "\xa9llo"},
    {.opcode = WebSocketOpcode::kBinary, .payload = std::string("\xff\x00\x01", 3)},
    {.opcode = WebSocketOpcode::kText, .payload = ""},
    {.opcode = WebSocketOpcode::kBinary, .payload = std::string(300, 'b')},
};

TEST(WebSocketTest, TheHandshakesAnswer) {
  const Chat chat({}, "Sec-WebSocket-Protocol: soap, wamp\r\n");
  EXPECT_NE(chat.answer.find("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
            std::string::npos);
  EXPECT_NE(chat.answer.find("\r\nSec-WebSocket-Protocol: soap\r\n"), std::string::npos);
  EXPECT_EQ(chat.answer.find("Extensions"), std::string::npos);
}

TEST(WebSocketTest, HandshakesThatAreRefused) {
  const Http1Handler handler(Http1Settings{});
  const auto answer_to = [&](const std::string& request) {
    Conversation conversation(handler);
    conversation.send(request);
    EXPECT_TRUE(conversation.got_end());
    return conversation.received();
  };
  std::string old = handshake();
  old.replace(old.find("Version: 13"), 11, "Version: 12");
  const std::string too_old = answer_to(old);
  EXPECT_TRUE(too_old.starts_with("HTTP/1.1 426 ")) << too_old;
  EXPECT_NE(too_old.find("\r\nSec-WebSocket-Version: 13\r\n"), std::string::npos);
  EXPECT_NE(too_old.find("\r\nUpgrade: websocket\r\n"), std::string::npos);
  std::string keyless = handshake();
  keyless.erase(keyless.find(kKey), kKey.size());
  EXPECT_TRUE(answer_to(keyless).starts_with("HTTP/1.1 400 "));
}

TEST(WebSocketTest, OtherUpgradesAreOrdinaryRequests) {
  const Http1Handler handler(Http1Settings{});
  Conversation conversation(handler);
  conversation.send("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n");
  EXPECT_TRUE(conversation.received().starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(conversation.session().protocol, Protocol::kHttp1);
}

TEST(WebSocketTest, FramesComeBackAsTheyWereForEverySplit) {
  const std::string request = handshake() + sent(kSeveralFrames);
  for (const std::vector<std::string>& pieces : splits_of(request)) {
    const Http1Handler handler(Http1Settings{});
    Conversation conversation(handler);
    conversation.send_pieces(pieces);
    ASSERT_TRUE(conversation.received().ends_with("\r\n\r\n" + echoed(kSeveralFrames)));
    EXPECT_EQ(conversation.pool().leased(), 0u) << "an idle connection holds no buffer";
    EXPECT_TRUE(conversation.session().ends_on_drain);
  }
}

TEST(WebSocketTest, SmallMessagesThatComeTogetherGoTogether) {
  Chat chat;
  const size_t before = chat.conversation.server().sends().size();
  EXPECT_EQ(chat.send(sent(kSeveralFrames)), echoed(kSeveralFrames));
  EXPECT_EQ(chat.conversation.server().sends().size(), before + 1);
}

// In one send, whatever its kind and size: 20,000 bytes fit into a buffer.
TEST(WebSocketTest, AFrameThatCameAloneGoesBackInItsBuffer) {
  Chat chat;
  for (const WebSocketOpcode opcode : {WebSocketOpcode::kText, WebSocketOpcode::kBinary}) {
    for (const size_t size : {size_t{1}, size_t{125}, size_t{126}, size_t{20'000}}) {
      const Frame frame{.opcode = opcode, .payload = std::string(size, 'x')};
      const std::string bytes = sent({frame});
      const size_t sends_before = chat.conversation.server().sends().size();
      const uint64_t copied_before = copied_bytes();
      EXPECT_EQ(chat.send(bytes), echoed({frame}));
      EXPECT_EQ(chat.conversation.server().sends().size(), sends_before + 1);
      EXPECT_EQ(copied_bytes() - copied_before, bytes.size()) << "only the client copies";
    }
  }
}

TEST(WebSocketTest, LargeFramesPassAsTheyCome) {
  Chat chat;
  const Frame large{.opcode = WebSocketOpcode::kBinary, .payload = pattern(100'000)};
  const std::string bytes = sent({large});
  const std::string first = chat.send(std::string_view(bytes).substr(0, 50'000));
  EXPECT_GT(first.size(), 40'000u) << "what has come is not held back";
  EXPECT_EQ(first + chat.send(std::string_view(bytes).substr(50'000)), echoed({large}));
}

TEST(WebSocketTest, ControlFramesBetweenFrames) {
  Chat chat;
  const Frame begin{.opcode = WebSocketOpcode::kText, .payload = "a", .fin = false};
  const Frame ping{.opcode = WebSocketOpcode::kPing, .payload = "\x01ping"};
  const Frame pong{.opcode = WebSocketOpcode::kPong, .payload = "\x01ping"};
  const Frame end{.opcode = WebSocketOpcode::kContinuation, .payload = "b"};
  EXPECT_EQ(chat.send(sent({begin, ping, pong, end})), echoed({begin, pong, end}));
}

TEST(WebSocketTest, AClosesCodeComesBack) {
  for (const uint16_t code : std::vector<uint16_t>{1000, 1001, 3000, 4999}) {
    Chat chat;
    EXPECT_EQ(chat.send(sent({closing(code, "bye")})), echoed({closing(code)}));
    EXPECT_TRUE(chat.conversation.got_end());
    chat.conversation.finish();
    EXPECT_TRUE(chat.conversation.ended() && chat.conversation.outcome());
  }
  Chat chat;
  const Frame without_code{.opcode = WebSocketOpcode::kClose, .payload = ""};
  EXPECT_EQ(chat.send(sent({without_code})), echoed({without_code}));
}

TEST(WebSocketTest, NothingIsAnsweredAfterAClose) {
  Chat chat;
  const Frame late{.opcode = WebSocketOpcode::kText, .payload = "late"};
  EXPECT_EQ(chat.send(sent({closing(1000), late})), echoed({closing(1000)}));
  EXPECT_EQ(chat.send(sent({late})), "");
}

// The code of the close frame sent in response to `bytes`, with nothing before it.
int failure_of(const std::string& bytes, const WebSocketSettings& settings = {},
               std::string_view fields = "") {
  Chat chat(settings, fields);
  const std::string answer = chat.send(bytes);
  EXPECT_TRUE(chat.conversation.got_end());
  if (answer.size() < 4 || static_cast<unsigned char>(answer[0]) != 0x88) return 0;
  EXPECT_EQ(static_cast<size_t>(answer[1]) + 2, answer.size()) << "the close is the last frame";
  return static_cast<unsigned char>(answer[2]) << 8 | static_cast<unsigned char>(answer[3]);
}

TEST(WebSocketTest, WhatIsWrongEndsTheConnectionWithItsCode) {
  const Frame text{.opcode = WebSocketOpcode::kText, .payload = "x"};
  EXPECT_EQ(failure_of(bytes_of(text, false)), 1002) << "not masked";
  EXPECT_EQ(failure_of(sent({{.opcode = WebSocketOpcode::kContinuation, .payload = "x"}})), 1002);
  EXPECT_EQ(failure_of(sent({{.opcode = WebSocketOpcode::kClose, .payload = "x"}})), 1002);
  EXPECT_EQ(failure_of(sent({{.opcode = WebSocketOpcode::kText, .payload = "a\xff"}})), 1007);
  EXPECT_EQ(failure_of(sent({{.opcode = WebSocketOpcode::kText, .payload = "a\xc3"}})), 1007)
      << "it ends within a character";
  WebSocketSettings small;
  small.message_size_max = 10;
  const Frame eleven{.opcode = WebSocketOpcode::kBinary, .payload = "12345678901"};
  EXPECT_EQ(failure_of(sent({eleven}), small), 1009);
}

TEST(WebSocketTest, BrokenTextIsRefusedBeforeItsRestComes) {
  Chat chat;
  const Frame begin{.opcode = WebSocketOpcode::kText, .payload = "fine", .fin = false};
  const Frame broken{.opcode = WebSocketOpcode::kContinuation,
                     .payload = "\xce\xba\xed\xa0\x80" + std::string(1000, 'x')};
  EXPECT_EQ(chat.send(sent({begin})), echoed({begin}));
  const std::string answer = chat.send(sent({broken}).substr(0, 14));
  EXPECT_TRUE(answer.starts_with("\x88")) << "at the surrogate, not at the frame's end";
  EXPECT_TRUE(chat.conversation.got_end());
}

TEST(WebSocketTest, ALargeTextFrameThatBreaksIsCut) {
  Chat chat;
  const Frame broken{.opcode = WebSocketOpcode::kText,
                     .payload = std::string(50'000, 'x') + "\xff"};
  chat.send(sent({broken}));
  ASSERT_TRUE(chat.conversation.ended());
  ASSERT_FALSE(chat.conversation.outcome());
  EXPECT_EQ(chat.conversation.outcome().error().code, Errc::kProtocol);
}

TEST(WebSocketTest, AnEndWithoutACloseIsAnEnd) {
  Chat chat;
  chat.conversation.finish();
  EXPECT_TRUE(chat.conversation.ended() && chat.conversation.outcome());
}

TEST(WebSocketTest, ADrainingServerSaysGoodbye) {
  Chat chat;
  // The receive that waits now ends with the message; the one after its echo is ended by draining.
  WatchedStream& server = chat.conversation.server();
  server.fail_and_go_on(server.operations() + 1, Errc::kDrained);
  const Frame last{.opcode = WebSocketOpcode::kText, .payload = "last"};
  EXPECT_EQ(chat.send(sent({last})), echoed({last, closing(1001, "server shutting down")}));
  EXPECT_TRUE(chat.conversation.got_end());
}

TEST(WebSocketTest, InTheMiddleOfAMessageDrainingWaits) {
  Chat chat;
  const Frame begin{.opcode = WebSocketOpcode::kText, .payload = "a", .fin = false};
  chat.send(sent({begin}));
  EXPECT_FALSE(chat.conversation.session().ends_on_drain);
}

TEST(WebSocketTest, PingsASilentClientAndGivesItUpThen) {
  WebSocketSettings settings;
  settings.ping_interval = std::chrono::seconds(10);
  Chat chat(settings);
  WatchedStream& server = chat.conversation.server();
  const auto silence = [&] { chat.conversation.clock().advance(settings.ping_interval); };
  const Frame ping{.opcode = WebSocketOpcode::kPing, .payload = ""};
  const Frame pong{.opcode = WebSocketOpcode::kPong, .payload = ""};
  EXPECT_EQ(server.receive_deadlines().back(),
            chat.conversation.clock().now() + settings.ping_interval);
  // A pong gets no reply, so the receive after the pending one is the next operation.
  server.fail_and_go_on(server.operations(), Errc::kTimeout, silence);
  EXPECT_EQ(chat.send(sent({pong})), echoed({ping}));
  server.fail_and_go_on(server.operations(), Errc::kTimeout, silence);
  EXPECT_EQ(chat.send(sent({pong})), echoed({ping})) << "the pong was a sign of life";
  ASSERT_FALSE(chat.conversation.ended());
}

TEST(WebSocketTest, AClientThatAnswersNoPingIsGivenUp) {
  WebSocketSettings settings;
  settings.ping_interval = std::chrono::seconds(10);
  Chat chat(settings);
  WatchedStream& server = chat.conversation.server();
  size_t silences = 0;
  const std::function<void()> silence = [&] {
    chat.conversation.clock().advance(settings.ping_interval);
    if (++silences == 1) server.fail_and_go_on(server.operations() + 1, Errc::kTimeout, silence);
  };
  server.fail_and_go_on(server.operations(), Errc::kTimeout, silence);
  chat.send(sent({{.opcode = WebSocketOpcode::kPong, .payload = ""}}));
  EXPECT_EQ(silences, 2u);
  ASSERT_TRUE(chat.conversation.ended());
  EXPECT_EQ(chat.conversation.outcome().error().code, Errc::kTimeout);
}

// --- Compression --------------------------------------------------------------------------------

std::string deflated(std::string_view text) {
  wire::MessageDeflater deflater({});
  std::string out(text.size() + 1000, '\0');
  std::span<const std::byte> in = std::as_bytes(std::span(text));
  const auto room = [&](size_t used) {
    return std::as_writable_bytes(std::span(out)).subspan(used);
  };
  size_t size = deflater.deflate(in, room(0)).size;
  size += deflater.finish(room(size)).size;
  out.resize(size);
  return out;
}

std::string inflated(std::string_view payload) {
  wire::MessageInflater inflater(15, true, {});
  std::string out(1 << 20, '\0');
  std::span<const std::byte> in = std::as_bytes(std::span(payload));
  const auto room = [&](size_t used) {
    return std::as_writable_bytes(std::span(out)).subspan(used);
  };
  size_t size = inflater.inflate(in, room(0)).size;
  size += inflater.finish(room(size)).size;
  out.resize(size);
  return out;
}

TEST(WebSocketTest, CompressedMessagesComeBackAsTheyCame) {
  const std::string whole = deflated("Hello, hello, hello!");
  const std::vector<Frame> frames = {
      {.opcode = WebSocketOpcode::kText, .payload = whole, .compressed = true},
      {.opcode = WebSocketOpcode::kText,
       .payload = whole.substr(0, 3),
       .fin = false,
       .compressed = true},
      {.opcode = WebSocketOpcode::kContinuation, .payload = whole.substr(3)},
      {.opcode = WebSocketOpcode::kBinary, .payload = "plain"},
  };
  for (const size_t piece : {1u, 5u, 1000u}) {
    Chat chat({}, kOffer);
    EXPECT_NE(chat.answer.find("server_no_context_takeover; client_no_context_takeover"),
              std::string::npos);
    std::string received;
    for (const std::string& bytes : in_pieces(sent(frames), piece)) received += chat.send(bytes);
    EXPECT_EQ(received, echoed(frames));
  }
}

TEST(WebSocketTest, CompressedTextIsCheckedForWhatItSays) {
  const Frame broken{
      .opcode = WebSocketOpcode::kText, .payload = deflated("a\xff"), .compressed = true};
  EXPECT_EQ(failure_of(sent({broken}), {}, kOffer), 1007);
  const Frame garbage{
      .opcode = WebSocketOpcode::kBinary, .payload = "\xff\xff\xff", .compressed = true};
  EXPECT_EQ(failure_of(sent({garbage}), {}, kOffer), 1007);
  EXPECT_EQ(failure_of(sent({broken})), 1002) << "where compression was not agreed on";
  WebSocketSettings small;
  small.message_size_max = 1000;
  const Frame bomb{.opcode = WebSocketOpcode::kBinary,
                   .payload = deflated(std::string(100'000, 'x')),
                   .compressed = true};
  EXPECT_EQ(failure_of(sent({bomb}), small, kOffer), 1009);
}

TEST(WebSocketTest, WithSharedContextsMessagesAreCompressedAnew) {
  WebSocketSettings settings;
  settings.compression = WebSocketCompression::kContext;
  Chat chat(settings, kOffer);
  EXPECT_EQ(chat.answer.find("no_context_takeover"), std::string::npos);
  const std::string text = "Hello, hello, hello! " + std::string(1000, 'z');
  const std::string answer = chat.send(
      sent({{.opcode = WebSocketOpcode::kText, .payload = deflated(text), .compressed = true}}));
  ASSERT_GT(answer.size(), 2u);
  EXPECT_EQ(static_cast<unsigned char>(answer[0]), 0xc1) << "text, compressed, in one frame";
  EXPECT_EQ(inflated(std::string_view(answer).substr(2)), text);
  EXPECT_EQ(failure_of(sent({{.opcode = WebSocketOpcode::kText,
                              .payload = deflated("a\xff"),
                              .compressed = true}}),
                       settings, kOffer),
            1007);
}

TEST(WebSocketTest, CompressionCanBeDeclined) {
  WebSocketSettings settings;
  settings.compression = WebSocketCompression::kOff;
  const Chat chat(settings, kOffer);
  EXPECT_EQ(chat.answer.find("Extensions"), std::string::npos);
}

// A text that comes in pieces is held until it is known to be right, as far as there is memory.
TEST(WebSocketTest, WithoutMemoryToSpareAHalfMessageIsRefused) {
  MemoryBudget memory(100 * 1024);
  Http1Settings settings = with({});
  settings.memory = &memory;
  const Http1Handler handler(settings);
  const std::string text = sent({{.opcode = WebSocketOpcode::kText, .payload = "hello, world"}});
  const auto opened = [&] {
    auto conversation = std::make_unique<Conversation>(handler);
    conversation->send(handshake(""));
    conversation->take_received();
    return conversation;
  };
  const auto first = opened();
  first->send(text.substr(0, 10));
  EXPECT_GT(memory.used(), 0u);
  first->send(text.substr(10));
  EXPECT_EQ(first->take_received(),
            echoed({{.opcode = WebSocketOpcode::kText, .payload = "hello, world"}}));
  EXPECT_EQ(memory.used(), 0u) << "it is given back with the message";
  memory.take(100 * 1024);
  const auto second = opened();
  second->send(text);
  EXPECT_EQ(second->take_received().size(), 14u) << "what comes in one piece needs none";
  second->send(text.substr(0, 10));
  EXPECT_EQ(second->take_received(),
            echoed({closing(1013, "memory limit reached (--max-memory)")}));
}

}  // namespace
}  // namespace echod
