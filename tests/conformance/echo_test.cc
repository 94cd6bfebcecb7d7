// Every byte comes back as it was sent, whatever it is and however it is cut, at once, and on every
// kind of listener.
#include <sys/socket.h>

#include <chrono>

#include "conformance/server_fixture.h"

namespace echod {
namespace {

using namespace std::chrono_literals;

class EchoTest : public ServerTest {};
ECHOD_ON_EVERY_ENGINE(EchoTest);

TEST_P(EchoTest, OneByte) {
  start();
  Client client = connect();
  expect_echo(client, "x");
  client.shut_down_sending();
  EXPECT_EQ(client.receive_until_end(), "");
  EXPECT_TRUE(log.comes_to_say("Connection closed (received 1 bytes, sent 1 bytes")) << log.all();
}

TEST_P(EchoTest, NothingButTheEnd) {
  start();
  Client client = connect();
  client.shut_down_sending();
  EXPECT_EQ(client.receive_until_end(), "");
}

TEST_P(EchoTest, MebibyteInOddPieces) {
  start();
  Client client = connect();
  constexpr size_t kPieces[] = {1, 2, 3, 5, 4095, 4096, 4097, 17, 30'719, 30'720, 30'721, 65'537};
  std::string bytes = pattern(1 << 20);
  EXPECT_TRUE(client.exchange(bytes, kPieces) == bytes);
  client.shut_down_sending();
  EXPECT_EQ(client.receive_until_end(), "");
}

TEST_P(EchoTest, OneByteSegments) {
  start();
  Client client = connect();
  constexpr size_t kPieces[] = {1};
  std::string bytes = pattern(10'000);
  EXPECT_TRUE(client.exchange(bytes, kPieces) == bytes);
}

TEST_P(EchoTest, EveryByteValueAndOneByOne) {
  start();
  std::string all;
  for (int value = 0; value < 256; ++value) all += static_cast<char>(value);
  Client client = connect();
  EXPECT_EQ(client.exchange(all), all);
  for (char value : all) expect_echo(client, std::string_view(&value, 1));
}

// The first byte is where protocols are told apart: none may be lost or held back for ever.
TEST_P(EchoTest, EveryFirstByte) {
  start();
  for (int value = 0; value < 256; ++value) {
    std::string text = {static_cast<char>(value), '\n'};
    Client client = connect();
    expect_echo(client, text);
  }
}

TEST_P(EchoTest, ManySmallRoundTrips) {
  start();
  Client client = connect();
  for (size_t i = 0; i < 2000; ++i) {
    std::string text(pattern_from(i * 7).substr(0, 1 + i % 100));
    expect_echo(client, text);
    if (HasFailure()) break;
  }
}

TEST_P(EchoTest, ALineComesBackAtOnceWithoutAnEnd) {
  start();
  Client client = connect();
  expect_echo(client, "Hello, world!\n");
}

// None of these is HTTP; the last byte shows it, or the end.
constexpr std::string_view kNearlyHttp[] = {
    "GET /x\n",          "GET me\n",        "GETX / HTTP/1.1\n",  "get / HTTP/1.1\n",
    "GET  / HTTP/1.1\n", "POST a letter\n", "GET / HTTP/x\n",     "GET / HTTQ",
    "DELETE *x",         "PRI * HTTP",      "\r\nGET / HTTP/1.1", "HEAD /\x01",
};

TEST_P(EchoTest, NearlyHttpComesBackAtOnce) {
  start();
  for (std::string_view text : kNearlyHttp) {
    SCOPED_TRACE(text);
    Client whole = connect();
    expect_echo(whole, text);
    whole.close();
    Client cut = connect();
    constexpr size_t kPieces[] = {1};
    EXPECT_EQ(cut.exchange(text, kPieces), text);
    expect_echo(cut, " HTTP/1.1\r\n\r\n");
  }
}

TEST_P(EchoTest, TheBeginningOfHttpAndThenTheEndIsEchoed) {
  start();
  for (std::string_view text : {"G", "POST", "GET ", "GET /", "GET / HTTP", "GET / HTTP/"}) {
    SCOPED_TRACE(text);
    Client client = connect();
    client.send_all(text);
    client.shut_down_sending();
    EXPECT_EQ(client.receive_until_end(), text);
  }
}

TEST_P(EchoTest, TheBeginningOfHttpIsHeldUntilTheDetectTimeout) {
  options.detect_timeout = 200ms;
  start();
  Client client = connect();
  Time sent = std::chrono::steady_clock::now();
  client.send_all("GE");
  EXPECT_EQ(client.receive_exactly(2), "GE");
  EXPECT_GE(std::chrono::steady_clock::now() - sent, 199ms);
  // It is a raw connection now, whatever comes.
  expect_echo(client, "T / HTTP/1.1\r\nHost: a\r\n\r\n");
}

// The deadline counts from the first byte: more bytes do not extend it.
TEST_P(EchoTest, DribblingTheBeginningOfHttpDoesNotExtendTheDetectTimeout) {
  options.detect_timeout = 200ms;
  start();
  Client client = connect();
  std::string sent = "GET /";
  client.send_all(sent);
  Deadline deadline = patience();
  while (!client.has_news(20ms) && std::chrono::steady_clock::now() < deadline) {
    client.send_all("a");
    sent += 'a';
  }
  EXPECT_EQ(client.receive_exactly(sent.size()), sent);
}

TEST_P(EchoTest, ATcpListenerEchoesHttp) {
  options.listen = {{Protocol::kRaw, "127.0.0.1", 0}};
  start();
  Client client = connect();
  expect_echo(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_echo(client, "GE");
}

TEST_P(EchoTest, AnHttpListenerRefusesAnythingElse) {
  options.listen = {{Protocol::kHttp1, "127.0.0.1", 0}};
  start();
  Client client = connect();
  client.send_all("Hello, world!\n");
  EXPECT_TRUE(client.receive_until_end().starts_with("HTTP/1.1 400 Bad Request\r\n"));
}

TEST_P(EchoTest, SeveralListenersAtOnce) {
  options.listen = {{Protocol::kAuto, "127.0.0.1", 0},
                    {Protocol::kRaw, "127.0.0.1", 0},
                    {Protocol::kHttp1, "127.0.0.1", 0}};
  start();
  constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  for (int round = 0; round < 10; ++round) {
    // All three wait at once, and the sequential engine takes them one after another.
    Client raw = connect({}, 1);
    Client http = connect({}, 2);
    Client detect = connect({}, 0);
    for (Client* client : {&raw, &http, &detect}) {
      client->send_all(kRequest);
      client->shut_down_sending();
    }
    EXPECT_EQ(raw.receive_until_end(), kRequest);
    EXPECT_TRUE(http.receive_until_end().starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(detect.receive_until_end().starts_with("HTTP/1.1 200 OK\r\n"));
  }
}

TEST_P(EchoTest, Ipv6) {
  options.listen = {{Protocol::kAuto, "::1", 0}};
  start();
  ASSERT_TRUE(endpoint().is_ipv6());
  Client client = connect();
  std::string bytes = pattern(100'000);
  EXPECT_TRUE(client.exchange(bytes) == bytes);
  EXPECT_EQ(log.count("Connection established"), 1u);
}

TEST_P(EchoTest, EveryAddressTakesIpv4AndIpv6) {
  options.listen = {{Protocol::kAuto, "*", 0}};
  start();
  for (const char* address : {"127.0.0.1", "::1"}) {
    sockaddr_in6 ipv6{};
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_addr = in6addr_loopback;
    sockaddr_in ipv4{};
    ipv4.sin_family = AF_INET;
    ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool is_ipv6 = std::string_view(address) == "::1";
    Endpoint server =
        is_ipv6 ? Endpoint::from_sockaddr(reinterpret_cast<sockaddr*>(&ipv6), sizeof(ipv6))
                : Endpoint::from_sockaddr(reinterpret_cast<sockaddr*>(&ipv4), sizeof(ipv4));
    Client client;
    ASSERT_TRUE(client.connect(server.with_port(endpoint().port()))) << address;
    expect_echo(client, address);
  }
}

// A receive stops short at urgent data (tcp(7)), which must not be taken for the end of what there
// is. The urgent byte comes back in its place.
TEST_P(EchoTest, BytesAroundUrgentDataComeBack) {
  start();
  for (int round = 0; round < 50; ++round) {
    Client client = connect();
    expect_echo(client, "raw\n");
    ASSERT_EQ(::send(client.fd(), "before!", 7, MSG_OOB | MSG_NOSIGNAL), 7);
    client.send_all("after");
    ASSERT_EQ(client.receive_exactly(12), "before!after");
  }
}

}  // namespace
}  // namespace echod
