// The clients over a pipe, with a peer that the test plays: what they send, how what comes back may
// be cut, and every way in which it can be wrong.
#include "protocol/echo_client.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "protocol/echo_client_test_util.h"

namespace echod {
namespace {

TEST(TcpClientTest, SendsWhatTheWindowAllows) {
  Exchange exchange(Kind::kTcp, {10, 20, 30, 40}, 2);
  const std::string first = exchange.sent();
  EXPECT_EQ(first.size(), 30u);
  exchange.answer(first.substr(0, 9));
  EXPECT_EQ(exchange.traffic.echoes, 0u);
  exchange.answer(first.substr(9, 2));
  EXPECT_EQ(exchange.traffic.echoes, 1u);
  const std::string third = exchange.sent();
  EXPECT_EQ(third.size(), 30u);
  exchange.answer(first.substr(11) + third);
  EXPECT_EQ(exchange.traffic.echoes, 3u);
  exchange.answer(exchange.sent());
  EXPECT_EQ(exchange.traffic.echoes, 4u);
  exchange.end();
  ASSERT_TRUE(exchange.outcome.has_value());
  EXPECT_TRUE(exchange.outcome->has_value());
  EXPECT_EQ(exchange.client().explanation(), "");
}

TEST(TcpClientTest, MessagesShareChunksAndCrossThem) {
  for (const size_t piece : {1u, 7u, 100u, 4096u}) {
    Exchange exchange(Kind::kTcp, {1, 4095, 1, 9000, 64, 64}, 6);
    const std::string sent = exchange.sent();
    EXPECT_EQ(sent.size(), 1u + 4095 + 1 + 9000 + 128);
    exchange.answer(sent, piece);
    EXPECT_EQ(exchange.traffic.echoes, 6u) << "in pieces of " << piece;
  }
}

TEST(TcpClientTest, FindsEveryFault) {
  struct Fault {
    std::function<void(std::string&)> make;
    std::string text;
  };
  const Fault kFaults[] = {
      {[](std::string& s) { s[70] ^= 4; }, "wrong byte at offset 70"},
      {[](std::string& s) { s.erase(70, 1); }, "wrong byte at offset 70"},
      {[](std::string& s) { s.insert(70, 1, s[70]); }, "wrong byte at offset 71"},
      {[](std::string& s) { std::swap(s[70], s[71]); }, "wrong byte at offset 70"},
      {[](std::string& s) { s += "zz"; }, "received 2 byte(s) more than were sent, at offset 128"},
  };
  for (const Fault& fault : kFaults) {
    for (const size_t piece : {1u, 64u, 4096u}) {
      Exchange exchange(Kind::kTcp, {64, 64}, 2);
      std::string bytes = exchange.sent();
      fault.make(bytes);
      exchange.answer(bytes, piece);
      if (!exchange.outcome) exchange.end();
      const bool cut = piece == 1 && fault.text.contains("2 byte");
      expect_fault(exchange, Detail::kCorruptData, cut ? "1 byte(s) more" : fault.text);
    }
  }
}

TEST(TcpClientTest, FindsAnEarlyEnd) {
  Exchange exchange(Kind::kTcp, {64, 64}, 2);
  exchange.answer(exchange.sent().substr(0, 100));
  exchange.end();
  expect_fault(exchange, Detail::kClosedEarly, "at offset 100, with 28 byte(s) outstanding");
}

TEST(TcpClientTest, WithoutVerificationOnlySizesCount) {
  Exchange exchange(Kind::kTcp, {64, 64}, 2, false);
  exchange.sent();
  exchange.answer(std::string(128, 'x'));
  EXPECT_EQ(exchange.traffic.echoes, 2u);
  exchange.answer("x");
  expect_fault(exchange, Detail::kCorruptData, "1 byte(s) more");
}

// --- HTTP ---

constexpr std::string_view kHead =
    "POST /x?y HTTP/1.1\r\nHost: test:1\r\nX-A: b\r\nContent-Length: ";

std::string response(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

// The body of the first request in `text`, which is removed from it.
std::string take_body(std::string& text) {
  EXPECT_TRUE(text.starts_with(kHead)) << text;
  const size_t end = text.find("\r\n\r\n");
  const size_t size = std::stoul(text.substr(kHead.size()));
  EXPECT_GE(text.size(), end + 4 + size);
  std::string body = text.substr(end + 4, size);
  text.erase(0, end + 4 + size);
  return body;
}

TEST(Http1ClientTest, SendsRequestsAsTheWindowAllows) {
  for (const size_t piece : {1u, 50u, 4096u}) {
    Exchange exchange(Kind::kHttp, {10, 9000, 64}, 2);
    std::string requests = exchange.sent();
    std::string answers = response(take_body(requests));
    answers += response(take_body(requests));
    EXPECT_TRUE(requests.empty());
    exchange.answer(answers, piece);
    EXPECT_EQ(exchange.traffic.echoes, 2u)
        << "in pieces of " << piece << ": " << exchange.client().explanation();
    requests = exchange.sent();
    exchange.answer(response(take_body(requests)), piece);
    EXPECT_EQ(exchange.traffic.echoes, 3u);
    exchange.end();
    ASSERT_TRUE(exchange.outcome.has_value());
    EXPECT_TRUE(exchange.outcome->has_value());
  }
}

TEST(Http1ClientTest, AnAnswerToAnotherRequestIsFound) {
  Exchange exchange(Kind::kHttp, {64, 64}, 2);
  std::string requests = exchange.sent();
  take_body(requests);
  exchange.answer(response(take_body(requests)));
  expect_fault(exchange, Detail::kCorruptData, "wrong byte at offset 0");
}

TEST(Http1ClientTest, AStatusRefusesOneMessageAlone) {
  Exchange exchange(Kind::kHttp, {64, 64, 64}, 3);
  std::string requests = exchange.sent();
  const std::string first = take_body(requests);
  take_body(requests);
  const std::string third = take_body(requests);
  exchange.answer(response(first) + "HTTP/1.1 500 Oops\r\nContent-Length: 3\r\n\r\nno!" +
                  response(third));
  EXPECT_EQ(exchange.traffic.echoes, 2u);
  EXPECT_EQ(exchange.traffic.refusals, std::vector<std::string>{"status 500"});
  EXPECT_FALSE(exchange.outcome.has_value());
}

TEST(Http1ClientTest, EndsAfterAResponseThatClosesTheConnection) {
  for (const bool without_length : {false, true}) {
    Exchange exchange(Kind::kHttp, {64, 64});
    std::string requests = exchange.sent();
    const std::string body = take_body(requests);
    exchange.answer(without_length ? "HTTP/1.1 200 OK\r\n\r\n" + body
                                   : "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: "
                                     "64\r\n\r\n" +
                                         body);
    if (without_length) exchange.end();
    ASSERT_TRUE(exchange.outcome.has_value());
    EXPECT_TRUE(exchange.outcome->has_value()) << exchange.client().explanation();
    EXPECT_EQ(exchange.traffic.echoes, 1u);
    EXPECT_EQ(exchange.traffic.left.size(), 1u);  // not begun on a connection that ends
    EXPECT_EQ(exchange.sent(), "");
  }
}

TEST(Http1ClientTest, FindsEveryFault) {
  const std::pair<std::string, std::string> kCases[] = {
      {response(std::string(64, 'x')), "wrong byte at offset 0"},
      {response("abc"), "received a body of 3 bytes, expected 64, at offset 0"},
      {"HTTP/1.1 101 Switch\r\n\r\n", "status 101"},
      {"nonsense", "malformed status line"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n", "in the middle of a response"},
      {"", "ended the connection with 1 request(s) in flight, at offset 0"},
  };
  for (const auto& [bytes, text] : kCases) {
    Exchange exchange(Kind::kHttp, {64});
    exchange.sent();
    exchange.answer(bytes);
    if (!exchange.outcome) exchange.end();
    ASSERT_TRUE(exchange.outcome.has_value()) << bytes;
    ASSERT_FALSE(exchange.outcome->has_value()) << bytes;
    EXPECT_NE(exchange.client().explanation().find(text), std::string::npos)
        << exchange.client().explanation();
  }
}

TEST(Http1ClientTest, AResponseAfterTheLastOneIsFound) {
  Exchange exchange(Kind::kHttp, {64, 64}, 2);
  std::string requests = exchange.sent();
  const std::string body = take_body(requests);
  exchange.answer("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 64\r\n\r\n" + body +
                  response(take_body(requests)));
  expect_fault(exchange, Detail::kUnexpectedReply, "a response after Connection: close");
}

TEST(Http1ClientTest, AFarewellIsAnEndInOrder) {
  for (const std::string_view idle_close :
       {"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbye",
        "HTTP/1.0 400 Bad request\r\n\r\nbye", "HTTP/1.1 408 No\r\nConnection: close\r\n\r\n"}) {
    Exchange exchange(Kind::kHttp, {64});
    std::string requests = exchange.sent();
    exchange.answer(response(take_body(requests)));
    exchange.answer(idle_close);
    exchange.end();
    ASSERT_TRUE(exchange.outcome.has_value());
    EXPECT_TRUE(exchange.outcome->has_value()) << exchange.client().explanation();
    EXPECT_EQ(exchange.traffic.echoes, 1u);
    EXPECT_TRUE(exchange.traffic.refusals.empty());
  }
}

TEST(Http1ClientTest, OnlyOneFarewellIsTaken) {
  Exchange exchange(Kind::kHttp, {64});
  const std::string idle_close =
      "HTTP/1.1 408 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  std::string requests = exchange.sent();
  exchange.answer(response(take_body(requests)));
  exchange.answer(idle_close + idle_close);
  expect_fault(exchange, Detail::kUnexpectedReply, "an unsolicited response");
}

TEST(Http1ClientTest, AResponseNobodyAskedForIsFound) {
  Exchange exchange(Kind::kHttp, {64});
  std::string requests = exchange.sent();
  const std::string body = take_body(requests);
  exchange.answer(response(body) + response(body));
  expect_fault(exchange, Detail::kUnexpectedReply, "an unsolicited response");
  EXPECT_EQ(exchange.traffic.echoes, 0u);  // both came at once, and the fault came first
}

}  // namespace
}  // namespace echod
