#include "wire/websocket/handshake.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace echod::wire {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kRfcKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kRfcAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

WebSocketFields taken(const Fields& fields) {
  WebSocketFields result;
  for (const auto& [name, value] : fields) result.take(name, value);
  return result;
}

Fields good_request() {
  return {{"Host", "h"},
          {"Upgrade", "websocket"},
          {"Connection", "Upgrade"},
          {"Sec-WebSocket-Key", std::string(kRfcKey)},
          {"Sec-WebSocket-Version", "13"}};
}

Fields with(Fields fields, const Fields& more) {
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

Fields without(Fields fields, std::string_view name) {
  std::erase_if(fields, [&](const auto& field) { return field.first == name; });
  return fields;
}

Fields replaced(const Fields& fields, std::string_view name, std::string_view value) {
  return with(without(fields, name), {{std::string(name), std::string(value)}});
}

// The status of the response to a request.
int status_of(const Fields& fields, std::string_view method = "GET",
              HttpVersion version = HttpVersion::kHttp11) {
  const auto acceptance = accept_websocket(method, version, taken(fields), DeflatePolicy{});
  return acceptance ? 101 : acceptance.error();
}

TEST(WebSocketHandshakeTest, ComputesTheAcceptance) {
  EXPECT_EQ(websocket_accept(kRfcKey), kRfcAccept);  // RFC 6455 section 1.3
  EXPECT_EQ(websocket_accept("x3JJHMbDL1EzLkh9GBhXDw=="), "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
}

TEST(WebSocketHandshakeTest, AKeyIsBase64OfSixteenBytes) {
  EXPECT_TRUE(is_websocket_key(kRfcKey));
  EXPECT_TRUE(is_websocket_key("AAAAAAAAAAAAAAAAAAAAAA=="));
  EXPECT_TRUE(is_websocket_key("+/+/azAZ09+/+/+/+/+/+w=="));
  for (const auto key :
       {"", "==", "AAAAAAAAAAAAAAAAAAAAA===", "AAAAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAAAAA==",
        "AAAAAAAAAAA-AAAAAAAAAA==", "AAAAAAAAAAA_AAAAAAAAAA==", " AAAAAAAAAAAAAAAAAAAAA==",
        "AAAAAAAAAAAAAAAAAAAAAA= ", "AAAAAAAAAA=AAAAAAAAAAA=="}) {
    EXPECT_FALSE(is_websocket_key(key)) << key;
  }
}

TEST(WebSocketHandshakeTest, KnowsWhoWantsAWebSocket) {
  EXPECT_TRUE(taken(good_request()).wants_websocket());
  for (const auto value : {"WebSocket", "h2c, websocket", " websocket ", "h2c,,WEBSOCKET"}) {
    EXPECT_TRUE(taken(replaced(good_request(), "Upgrade", value)).wants_websocket()) << value;
  }
  for (const auto value : {"", "h2c", "websockets", "web socket", "websocket/13"}) {
    EXPECT_FALSE(taken(replaced(good_request(), "Upgrade", value)).wants_websocket()) << value;
  }
  for (const auto value : {"upgrade", "keep-alive, Upgrade", "keep-alive,UPGRADE ,x"}) {
    EXPECT_TRUE(taken(replaced(good_request(), "Connection", value)).wants_websocket()) << value;
  }
  for (const auto value : {"", "keep-alive", "upgrades", "keep-alive upgrade"}) {
    EXPECT_FALSE(taken(replaced(good_request(), "Connection", value)).wants_websocket()) << value;
  }
  EXPECT_FALSE(taken(without(good_request(), "Upgrade")).wants_websocket());
  EXPECT_FALSE(taken(without(good_request(), "Connection")).wants_websocket());
  EXPECT_TRUE(
      taken(with(good_request(), {{"Upgrade", "h2c"}, {"Connection", "x"}})).wants_websocket());
}

TEST(WebSocketHandshakeTest, RefusesWhatIsNoHandshake) {
  const Fields good = good_request();
  EXPECT_EQ(status_of(good), 101);
  EXPECT_EQ(status_of(good, "POST"), 400);
  EXPECT_EQ(status_of(good, "get"), 400);
  EXPECT_EQ(status_of(good, "GET", HttpVersion::kHttp10), 400);
  EXPECT_EQ(status_of(without(good, "Sec-WebSocket-Key")), 400);
  EXPECT_EQ(status_of(replaced(good, "Sec-WebSocket-Key", "short")), 400);
  EXPECT_EQ(status_of(with(good, {{"Sec-WebSocket-Key", std::string(kRfcKey)}})), 400);
  EXPECT_EQ(status_of(with(good, {{"sec-websocket-version", "13"}})), 400);
  EXPECT_EQ(status_of(with(good, {{"Sec-WebSocket-Extensions", "a;"}})), 400);
  for (const auto version : {"", "8", "12", "14", "013", "13, 8", "x"}) {
    EXPECT_EQ(status_of(replaced(good, "Sec-WebSocket-Version", version)), 426) << version;
  }
  EXPECT_EQ(status_of(without(good, "Sec-WebSocket-Version")), 426);
}

TEST(WebSocketHandshakeTest, TakesTheFirstSubprotocolThatIsOne) {
  EXPECT_EQ(choose_subprotocol(""), "");
  EXPECT_EQ(choose_subprotocol("chat"), "chat");
  EXPECT_EQ(choose_subprotocol(" \tchat , superchat"), "chat");
  EXPECT_EQ(choose_subprotocol(",, two words, a/b, \"q\", v1.chat"), "v1.chat");
  EXPECT_EQ(choose_subprotocol("a/b, \x80"), "");
}

TEST(WebSocketHandshakeTest, AnswersWhatWasAskedFor) {
  const auto answer = [](const Fields& more, const std::optional<DeflatePolicy>& policy) {
    const auto acceptance =
        accept_websocket("GET", HttpVersion::kHttp11, taken(with(good_request(), more)), policy);
    EXPECT_TRUE(acceptance);
    std::string out;
    if (acceptance) append_websocket_response(out, *acceptance);
    return out;
  };
  const std::string start =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: " +
      std::string(kRfcAccept) + "\r\n";
  EXPECT_EQ(answer({}, DeflatePolicy{}), start + "\r\n");
  const Fields all = {{"Sec-WebSocket-Protocol", "a/b"},
                      {"Sec-WebSocket-Protocol", "chat, more"},
                      {"Sec-WebSocket-Extensions", "foo"},
                      {"Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"}};
  const std::string chat = start + "Sec-WebSocket-Protocol: chat\r\n";
  EXPECT_EQ(
      answer(all, DeflatePolicy{.client_max_window_bits = 12}),
      chat + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=12\r\n\r\n");
  EXPECT_EQ(answer(all, std::nullopt), chat + "\r\n");
}

// --- The client's side --------------------------------------------------------------------------

TEST(WebSocketHandshakeTest, MakesKeysThatDiffer) {
  Random random(1);
  std::set<std::string> keys;
  for (int i = 0; i < 1000; ++i) {
    const std::string key = make_websocket_key(random);
    EXPECT_TRUE(is_websocket_key(key)) << key;
    keys.insert(key);
  }
  EXPECT_EQ(keys.size(), 1000U);
}

TEST(WebSocketHandshakeTest, WritesARequest) {
  std::string out;
  append_websocket_fields(out, {.key = std::string(kRfcKey)});
  const std::string plain =
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + std::string(kRfcKey) +
      "\r\nSec-WebSocket-Version: 13\r\n";
  EXPECT_EQ(out, plain);
  out.clear();
  append_websocket_fields(
      out, {.key = std::string(kRfcKey), .subprotocols = "a, b", .offer = DeflateOffer{}});
  EXPECT_EQ(out, plain +
                     "Sec-WebSocket-Protocol: a, b\r\n"
                     "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n");
}

WebSocketRequest request() {
  return {.key = std::string(kRfcKey), .subprotocols = "chat, more", .offer = DeflateOffer{}};
}

Fields good_answer() {
  return {{"Upgrade", "WebSocket"},
          {"Connection", "upgrade"},
          {"Sec-WebSocket-Accept", std::string(kRfcAccept)}};
}

std::string problem_with(const Fields& fields, int status = 101) {
  const auto agreement = check_websocket_response(status, taken(fields), request());
  return agreement ? "" : std::string(agreement.error());
}

TEST(WebSocketHandshakeTest, ChecksTheAnswer) {
  const Fields good = good_answer();
  EXPECT_EQ(problem_with(good), "");
  EXPECT_EQ(problem_with(good, 200), "status other than 101");
  EXPECT_EQ(problem_with(without(good, "Upgrade")), "no Upgrade to websocket");
  EXPECT_EQ(problem_with(without(good, "Connection")), "no Connection: Upgrade");
  EXPECT_EQ(problem_with(without(good, "Sec-WebSocket-Accept")), "wrong Sec-WebSocket-Accept");
  EXPECT_EQ(problem_with(replaced(good, "Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOO=")),
            "wrong Sec-WebSocket-Accept");
  EXPECT_EQ(problem_with(with(good, {{"Sec-WebSocket-Accept", std::string(kRfcAccept)}})),
            "duplicate handshake header");
  for (const auto protocol : {"other", "Chat", "chat, more", "chat,"}) {
    EXPECT_EQ(problem_with(with(good, {{"Sec-WebSocket-Protocol", protocol}})),
              "a subprotocol that was not offered")
        << protocol;
  }
  EXPECT_EQ(problem_with(with(good, {{"Sec-WebSocket-Extensions", "foo"}})),
            "extensions that were not offered");
}

TEST(WebSocketHandshakeTest, SaysWhatWasAgreedOn) {
  const Fields fields =
      with(good_answer(),
           {{"Sec-WebSocket-Protocol", "more"},
            {"Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=9"}});
  const auto agreement = check_websocket_response(101, taken(fields), request());
  ASSERT_TRUE(agreement);
  EXPECT_EQ(agreement->subprotocol, "more");
  EXPECT_EQ(agreement->deflate, DeflateParameters{.server_max_window_bits = 9});
  const auto plain = check_websocket_response(101, taken(good_answer()), request());
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->subprotocol, "");
  EXPECT_EQ(plain->deflate, std::nullopt);
}

}  // namespace
}  // namespace echod::wire
