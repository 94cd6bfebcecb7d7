#include "app/bench/load/target.h"

#include <gtest/gtest.h>

namespace echod {
namespace {

void expect(const char* url, Protocol protocol, const char* host, uint16_t port,
            const char* path = "/") {
  auto target = parse_bench_target(url);
  ASSERT_TRUE(target) << url << ": " << target.error();
  EXPECT_EQ(target->protocol, protocol) << url;
  EXPECT_EQ(target->host, host) << url;
  EXPECT_EQ(target->port, port) << url;
  EXPECT_EQ(target->path, path) << url;
  EXPECT_EQ(target->url, url);
}

TEST(TargetTest, Urls) {
  constexpr auto kTcp = Protocol::kRaw;
  constexpr auto kHttp = Protocol::kHttp1;
  expect("tcp://localhost:7", kTcp, "localhost", 7);
  expect("tcp://localhost:7/", kTcp, "localhost", 7);
  expect("localhost:7", kTcp, "localhost", 7);
  expect("127.0.0.1:65535", kTcp, "127.0.0.1", 65535);
  expect("tcp://[::1]:7", kTcp, "::1", 7);
  expect("http://example.org", kHttp, "example.org", 80);
  expect("ws://example.org", Protocol::kWebSocket, "example.org", 80);
  expect("ws://example.org:81/chat?a", Protocol::kWebSocket, "example.org", 81, "/chat?a");
  expect("http://example.org/", kHttp, "example.org", 80);
  expect("http://example.org:8080/a/b?c=d#e", kHttp, "example.org", 8080, "/a/b?c=d");
  expect("http://example.org?x=1", kHttp, "example.org", 80, "/?x=1");
  expect("http://[::1]/x", kHttp, "::1", 80, "/x");
  expect("http://[::1]:81/x:y", kHttp, "::1", 81, "/x:y");
  expect("HTTP://example.org", kHttp, "example.org", 80);
  expect("Tcp://h:7", kTcp, "h", 7);
  expect("http://[fe80::1%25eth0]:81", kHttp, "fe80::1%eth0", 81);
  expect("tcp://[::1%lo]:7", kTcp, "::1%lo", 7);
  expect("tcp://[::1%25]:7", kTcp, "::1%25", 7);
  expect("tcp://[::1%2525]:7", kTcp, "::1%25", 7);
  expect("http://h/\xc3\xa4?q=\xc3\xa9", kHttp, "h", 80, "/%C3%A4?q=%C3%A9");
}

TEST(TargetTest, Mistakes) {
  for (const char* url : {"",
                          ":7",
                          "tcp://",
                          "tcp://:7",
                          "tcp://localhost",
                          "tcp://localhost:",
                          "tcp://localhost:0",
                          "tcp://localhost:65536",
                          "tcp://localhost:7x",
                          "tcp://localhost:7/path",
                          "ftp://localhost",
                          "http://user:pw@host/",
                          "tcp://user@host:7",
                          "http://",
                          "http:///path",
                          "tcp://::1:7",
                          "tcp://[::1",
                          "tcp://[::1]7",
                          "http://[]:7",
                          "http://[localhost]:7",
                          "http://[::1%]:7",
                          "http://[::1%25%25]:7",
                          "http://[::1%e/0]:7",
                          "tcp://[[::1]:7",
                          "tcp://a]:7",
                          "http://a b/",
                          "http://a/\r\nX: y",
                          "http://a\x7f/"}) {
    auto target = parse_bench_target(url);
    EXPECT_FALSE(target) << url;
    if (!target) {
      EXPECT_FALSE(target.error().empty());
    }
  }
}

}  // namespace
}  // namespace echod
