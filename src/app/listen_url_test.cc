// --listen: every shape of its value, and what each mistake is told.
#include "app/listen_url.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>

namespace echod {

std::ostream& operator<<(std::ostream& out, const ListenUrl& url) {
  return out << scheme_of(url.protocol) << " host=" << url.host << " port=" << url.port;
}

namespace {

ListenUrl parsed(std::string_view text) {
  std::expected<ListenUrl, std::string> url = parse_listen_url(text);
  EXPECT_TRUE(url) << text << ": " << url.error();
  return url.value_or(ListenUrl{.host = "(none)"});
}

std::string mistake(std::string_view text) {
  std::expected<ListenUrl, std::string> url = parse_listen_url(text);
  EXPECT_FALSE(url) << text << " is " << *url;
  return url ? "" : url.error();
}

constexpr Protocol kAuto = Protocol::kAuto;

TEST(ListenUrlTest, Defaults) {
  const ListenUrl all{kAuto, "127.0.0.1", 8080};
  for (std::string_view text : {"/", "auto://", "AUTO://", "127.0.0.1", "8080", "127.0.0.1:8080"}) {
    EXPECT_EQ(parsed(text), all) << text;
  }
}

TEST(ListenUrlTest, Schemes) {
  EXPECT_EQ(parsed("tcp://127.0.0.1:7"), (ListenUrl{Protocol::kRaw, "127.0.0.1", 7}));
  EXPECT_EQ(parsed("http://h:80/"), (ListenUrl{Protocol::kHttp1, "h", 80}));
  EXPECT_EQ(parsed("auto://h:80"), (ListenUrl{kAuto, "h", 80}));
  EXPECT_EQ(parsed("TCP://h:9"), (ListenUrl{Protocol::kRaw, "h", 9}));
  EXPECT_EQ(parsed("tcp://9000").port, 9000);
  EXPECT_EQ(parsed("http://").host, "127.0.0.1");
}

TEST(ListenUrlTest, Hosts) {
  EXPECT_EQ(parsed("localhost"), (ListenUrl{kAuto, "localhost", 8080}));
  EXPECT_EQ(parsed("localhost:1"), (ListenUrl{kAuto, "localhost", 1}));
  EXPECT_EQ(parsed("*:0"), (ListenUrl{kAuto, "*", 0}));
  EXPECT_EQ(parsed("*"), (ListenUrl{kAuto, "*", 8080}));
  EXPECT_EQ(parsed("[::1]:65535"), (ListenUrl{kAuto, "::1", 65535}));
  EXPECT_EQ(parsed("[::]"), (ListenUrl{kAuto, "::", 8080}));
  EXPECT_EQ(parsed("tcp://[fe80::1%lo]:7").host, "fe80::1%lo");
}

// As elsewhere ":80" is every address; a number alone is for this machine.
TEST(ListenUrlTest, WithoutAHost) {
  EXPECT_EQ(parsed(":9000"), (ListenUrl{kAuto, "*", 9000}));
  EXPECT_EQ(parsed("tcp://:9000"), (ListenUrl{Protocol::kRaw, "*", 9000}));
  EXPECT_EQ(parsed("9000"), (ListenUrl{kAuto, "127.0.0.1", 9000}));
  EXPECT_EQ(parsed("tcp://9000"), (ListenUrl{Protocol::kRaw, "127.0.0.1", 9000}));
}

TEST(ListenUrlTest, Ports) {
  EXPECT_EQ(parsed("0").port, 0);
  EXPECT_EQ(parsed("65535").port, 65535);
  for (std::string_view text : {"65536", "99999", "h:", ":", "h:x", "h:-1", "h:+1", "h: 1", "h:1 ",
                                "h:80/path", "[::1]:", "[::1]:x", "99999999999999999999"}) {
    EXPECT_NE(mistake(text).find("is not a port: give a number from 0 to 65535"), std::string::npos)
        << text;
  }
}

TEST(ListenUrlTest, Mistakes) {
  EXPECT_EQ(mistake("ftp://h"), "'ftp' is not a protocol: use auto://, tcp:// or http://");
  EXPECT_EQ(mistake("://h"), "'' is not a protocol: use auto://, tcp:// or http://");
  EXPECT_EQ(mistake(""), "it is empty; write HOST:PORT");
  for (std::string_view text : {"[[::1]", "[::1/]", "a]:80", "http://a/b/"}) {
    EXPECT_NE(mistake(text).find("is neither a name nor an address"), std::string::npos) << text;
  }
  EXPECT_EQ(mistake("[]:1"), "'[]:1': no address in the brackets");
  for (std::string_view text : {"::1", "::", "::1:8080", "[::1", "[::1]8080", "[", "tcp://::1"}) {
    EXPECT_NE(mistake(text).find("write an IPv6 address as [::1]:8080"), std::string::npos) << text;
  }
}

TEST(ListenUrlTest, Names) {
  EXPECT_EQ(scheme_of(kAuto), "auto");
  EXPECT_EQ(scheme_of(Protocol::kRaw), "tcp");
  EXPECT_EQ(scheme_of(Protocol::kHttp1), "http");
}

}  // namespace
}  // namespace echod
