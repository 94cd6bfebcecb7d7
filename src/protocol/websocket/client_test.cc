// The WebSocket client over a pipe, with a server that the test plays: the handshake, the frames it
// sends, how what comes back may be cut, and every way in which it can be wrong.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/echo_client_test_util.h"
#include "wire/websocket/close.h"
#include "wire/websocket/frame.h"
#include "wire/websocket/handshake.h"

namespace echod {
namespace {

using wire::WebSocketOpcode;

std::string answer_to(std::string_view request, std::string_view fields = "") {
  constexpr std::string_view kField = "Sec-WebSocket-Key: ";
  const size_t begin = request.find(kField);
  EXPECT_NE(begin, std::string_view::npos) << request;
  const std::string_view rest = request.substr(begin + kField.size());
  const std::string accept = wire::websocket_accept(rest.substr(0, rest.find("\r\n")));
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         accept + "\r\n" + std::string(fields) + "\r\n";
}

// A frame as a server sends it.
std::string frame(WebSocketOpcode opcode, std::string_view payload, bool fin = true) {
  const wire::WebSocketFrame head{.opcode = opcode, .fin = fin, .size = payload.size()};
  return std::string(wire::encode_frame_head(head).text()) + std::string(payload);
}

struct Message {
  WebSocketOpcode opcode;
  std::string payload;
};

// What a server makes of the client's bytes: whole frames.
std::vector<Message> messages_in(std::string bytes) {
  using Event = wire::WebSocketDecoder::Event;
  wire::WebSocketDecoder decoder(wire::WebSocketRole::kServer, false, {});
  std::span<std::byte> input = std::as_writable_bytes(std::span(bytes));
  std::vector<Message> messages;
  while (true) {
    switch (decoder.next(input)) {
      case Event::kNeedInput:
        EXPECT_FALSE(decoder.in_frame());
        return messages;
      case Event::kFrame:
        EXPECT_TRUE(decoder.frame().fin);
        messages.push_back({decoder.frame().opcode, ""});
        break;
      case Event::kPayload:
        messages.back().payload.append(reinterpret_cast<const char*>(decoder.payload().data()),
                                       decoder.payload().size());
        break;
      case Event::kFrameEnd:
        break;
      case Event::kControl:
        messages.push_back({decoder.frame().opcode, std::string(decoder.control_payload().text())});
        break;
      case Event::kError:
        ADD_FAILURE() << decoder.failure().reason;
        return messages;
    }
  }
}

// An exchange that has shaken hands.
class ClientChat {
 public:
  explicit ClientChat(std::deque<uint64_t> sizes, size_t window = 1, bool verify = true)
      : exchange(Kind::kWebSocket, std::move(sizes), window, verify) {
    request = exchange.sent();
    exchange.answer(answer_to(request));
    EXPECT_TRUE(exchange.outcome_of_open && *exchange.outcome_of_open);
  }

  std::vector<Message> sent() { return messages_in(exchange.sent()); }

  Exchange exchange;
  std::string request;
};

TEST(WebSocketClientTest, TheHandshake) {
  ClientChat chat({});
  EXPECT_TRUE(chat.request.starts_with("GET /x?y HTTP/1.1\r\nHost: test:1\r\nX-A: b\r\n"))
      << chat.request;
  EXPECT_TRUE(chat.request.ends_with("\r\n\r\n"));
}

TEST(WebSocketClientTest, NothingIsSentBeforeTheAnswer) {
  Exchange exchange(Kind::kWebSocket, {10});
  const std::string request = exchange.sent();
  EXPECT_TRUE(request.ends_with("\r\n\r\n"));
  const std::string answer = answer_to(request);
  exchange.answer(std::string_view(answer).substr(0, answer.size() - 1), 1);
  EXPECT_EQ(exchange.sent(), "");
  exchange.answer("\n");
  EXPECT_EQ(messages_in(exchange.sent()).size(), 1u);
}

TEST(WebSocketClientTest, AnswersThatAreNone) {
  const std::vector<std::function<std::string(std::string)>> answers = {
      [](std::string) { return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"; },
      [](std::string) { return "nonsense\r\n\r\n"; },
      [](std::string) { return "HTTP/1.1 101 X\r\nno colon\r\n\r\n"; },
      [](std::string right) { return right.replace(right.find("Accept: ") + 8, 1, "?"); },
      [](std::string right) { return right.replace(right.find("websocket"), 1, "W?"); },
  };
  for (const auto& answer : answers) {
    Exchange exchange(Kind::kWebSocket, {10});
    exchange.answer(answer(answer_to(exchange.sent())));
    ASSERT_TRUE(exchange.outcome_of_open);
    ASSERT_FALSE(*exchange.outcome_of_open);
    EXPECT_EQ(exchange.outcome_of_open->error().detail, Detail::kUnexpectedReply);
  }
  Exchange ended(Kind::kWebSocket, {10});
  ended.end();
  ASSERT_FALSE(*ended.outcome_of_open);
  EXPECT_EQ(ended.outcome_of_open->error().detail, Detail::kClosedEarly);
}

TEST(WebSocketClientTest, EchoesInAnyCut) {
  for (const size_t piece : {1u, 7u, 100u, 4096u}) {
    ClientChat chat({1, 125, 126, 9000, 65536, 64}, 6);
    std::string echoes;
    for (const Message& message : chat.sent()) {
      EXPECT_EQ(message.opcode, WebSocketOpcode::kBinary);
      const std::string_view payload = message.payload;
      const size_t cut = payload.size() / 3;
      echoes += frame(WebSocketOpcode::kBinary, payload.substr(0, cut), false) +
                frame(WebSocketOpcode::kContinuation, payload.substr(cut));
    }
    chat.exchange.answer(echoes, piece);
    EXPECT_EQ(chat.exchange.traffic.echoes, 6u) << "in pieces of " << piece;
  }
}

TEST(WebSocketClientTest, FramesRightBehindTheAnswer) {
  Exchange exchange(Kind::kWebSocket, {});
  exchange.answer(answer_to(exchange.sent()) + frame(WebSocketOpcode::kPing, "now"));
  const std::vector<Message> sent = messages_in(exchange.sent());
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].opcode, WebSocketOpcode::kPong);
  EXPECT_EQ(sent[0].payload, "now");
}

TEST(WebSocketClientTest, APingIsAnsweredWhileMessagesAreUnderWay) {
  ClientChat chat({10, 20});
  const std::string first = chat.sent().at(0).payload;
  chat.exchange.answer(frame(WebSocketOpcode::kPing, "1"));
  EXPECT_EQ(chat.sent().at(0).opcode, WebSocketOpcode::kPong);
  chat.exchange.answer(frame(WebSocketOpcode::kBinary, first));
  EXPECT_EQ(chat.sent().at(0).payload.size(), 20u);
}

TEST(WebSocketClientTest, SaysGoodbye) {
  ClientChat chat({});
  chat.exchange.say_goodbye();
  const std::vector<Message> sent = chat.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].opcode, WebSocketOpcode::kClose);
  EXPECT_EQ(sent[0].payload, wire::compose_close(1000).text());
  chat.exchange.answer(frame(WebSocketOpcode::kClose, sent[0].payload));
  ASSERT_TRUE(chat.exchange.outcome);
  EXPECT_TRUE(chat.exchange.outcome->has_value());
}

TEST(WebSocketClientTest, FindsEveryFault) {
  const auto binary = [](const std::string& payload) {
    return frame(WebSocketOpcode::kBinary, payload);
  };
  struct Fault {
    std::function<std::string(std::string)> answer;
    Detail detail;
    std::string text;
  };
  const std::vector<Fault> faults = {
      {[&](std::string p) {
         p[5] = static_cast<char>(p[5] ^ 1);
         return binary(p);
       },
       Detail::kCorruptData, "wrong byte at offset 5"},
      {[&](std::string p) { return binary(p.substr(1)); }, Detail::kCorruptData, "wrong byte"},
      {[&](std::string p) { return binary(p.substr(0, 9)); }, Detail::kCorruptData,
       "9 bytes, expected 10"},
      {[&](std::string p) { return binary(p + "x"); }, Detail::kCorruptData, "more than were sent"},
      {[&](std::string p) { return binary(p) + binary(p); }, Detail::kCorruptData, "not sent"},
      {[&](std::string) { return std::string("\x83\x00", 2); }, Detail::kUnexpectedReply, ""},
      {[&](std::string) {
         return frame(WebSocketOpcode::kClose, wire::compose_close(1009, "too big").text());
       },
       Detail::kClosedEarly, "closed with 1009 too big with 1 message(s) in flight"},
      {[&](std::string) { return frame(WebSocketOpcode::kClose, "x"); }, Detail::kUnexpectedReply,
       ""},
  };
  for (const Fault& fault : faults) {
    ClientChat chat({10});
    chat.exchange.answer(fault.answer(chat.sent().at(0).payload));
    expect_fault(chat.exchange, fault.detail, fault.text);
  }
}

TEST(WebSocketClientTest, FindsAnEarlyEnd) {
  ClientChat chat({10});
  chat.exchange.end();
  expect_fault(chat.exchange, Detail::kClosedEarly, "ended the connection with 1 message(s)");
}

TEST(WebSocketClientTest, WithoutVerificationSizesCount) {
  ClientChat chat({10}, 1, false);
  chat.exchange.answer(frame(WebSocketOpcode::kBinary, std::string(10, 'x')));
  EXPECT_EQ(chat.exchange.traffic.echoes, 1u);
}

}  // namespace
}  // namespace echod
