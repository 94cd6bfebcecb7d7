// Requests that must be refused, each cut right after the byte that makes it certain: without that
// byte there must be no error yet, with it the status must be there. The cases are those of
// RFC 9112, of the smuggling literature (CL.TE, TE.TE, TERM.EXT, ...) and of what llhttp 8.1.0
// accepts and should not.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "wire/http1/http1_test_util.h"

namespace echod::wire {
namespace {

using namespace std::string_view_literals;

struct Malformed {
  std::string_view text;  // ends with the byte that decides
  int status;
};

void expect_refused(std::string_view before, const std::vector<Malformed>& table) {
  for (const Malformed& row : table) {
    const std::string bytes = std::string(before) + std::string(row.text);
    SCOPED_TRACE(printable(bytes));
    Feeder feeder;
    feeder.feed(std::string_view(bytes).substr(0, bytes.size() - 1));
    EXPECT_EQ(feeder.error_status(), 0) << "refused too early";
    feeder.feed(std::string_view(bytes).substr(bytes.size() - 1));
    EXPECT_EQ(feeder.error_status(), row.status);
    expect_same_for_every_split(bytes + "more\r\n\r\n");
  }
}

TEST(Http1MalformedTest, RequestLines) {
  const std::vector<Malformed> table = {
      {" ", 400},
      {"\t", 400},
      {"\n", 400},
      {"\r\n\r\n\r\n\r\n\r", 400},
      {"\r\n\n", 400},
      {"\rG", 400},
      {"\r\r", 400},
      {"\0"sv, 400},
      {"\x16", 400},  // a TLS ClientHello
      {"\x80", 400},
      {"G(", 400},
      {"G\x80", 400},
      {"GET\t", 400},
      {"GET\r", 400},
      {"GET\n", 400},
      {"GET  ", 400},
      {"GET \r", 400},
      {"GET \t", 400},
      {"GET /\r", 400},   // HTTP/0.9
      {"GET /x\n", 400},  // HTTP/0.9 as llhttp takes it
      {"GET / \r", 400},
      {"GET / \n", 400},
      {"GET /\t", 400},
      {"GET /\0"sv, 400},
      {"GET /\x01", 400},
      {"GET /\x7f", 400},
      {"GET /a  ", 400},
      {"GET /a b", 400},
      {"GET / h", 400},
      {"GET / HTTp", 400},
      {"GET / HTTP ", 400},
      {"GET / HTTPS", 400},
      {"GET / HTTP/\r", 400},
      {"GET / HTTP/x", 400},
      {"GET / HTTP/ ", 400},
      {"GET / HTTP/1\r", 400},
      {"GET / HTTP/1 ", 400},
      {"GET / HTTP/1,", 400},
      {"GET / HTTP/1.\r", 400},
      {"GET / HTTP/1.x", 400},
      {"GET / HTTP/1.10", 400},
      {"GET / HTTP/11", 400},
      {"GET / HTTP/01", 400},
      {"GET / HTTP/1.1 ", 400},
      {"GET / HTTP/1.1\t", 400},
      {"GET / HTTP/1.1\n", 400},
      {"GET / HTTP/1.1\rX", 400},
      {"GET / HTTP/1.1\r\r", 400},
      {"GET / HTTP/2.0\r\r", 400},
      {"GET / HTTP/0.9\r\n", 505},
      {"GET / HTTP/2.0\r\n", 505},
      {"GET / HTTP/9.9\r\n", 505},
  };
  expect_refused("", table);
}

TEST(Http1MalformedTest, Targets) {
  const std::vector<Malformed> table = {
      {"PRI * ", 400},  // the preface of HTTP/2
      {"GET * ", 400},
      {"GET x ", 400},
      {"GET ?q ", 400},
      {"GET /#fragment ", 400},
      {"GET localhost:80 ", 400},
      {"GET localhost/ ", 400},
      {"GET http:/x ", 400},
      {"GET http:x ", 400},
      {"GET http:// ", 400},
      {"GET http:///x ", 400},
      {"GET http://?x ", 400},
      {"GET http://u@h/ ", 400},
      {"GET http://h:x/ ", 400},
      {"GET http://a,b/ ", 400},
      {"GET 1http://h/ ", 400},
      {"GET ht_tp://h/ ", 400},
      {"GET ://h/ ", 400},
      {"OPTIONS ** ", 400},
      {"OPTIONS *x ", 400},
      {"CONNECT / ", 400},
      {"CONNECT * ", 400},
      {"CONNECT h ", 400},
      {"CONNECT h: ", 400},
      {"CONNECT :80 ", 400},
      {"CONNECT h:65536 ", 400},
      {"CONNECT h:000080 ", 400},
      {"CONNECT h:8x ", 400},
      {"CONNECT [::1:80 ", 400},
      {"CONNECT [::1] ", 400},
      {"CONNECT http://h:80/ ", 400},
  };
  expect_refused("", table);
}

TEST(Http1MalformedTest, FieldList) {
  const std::vector<Malformed> table = {
      {" ", 400},
      {"\t", 400},
      {"\n", 400},
      {"\rX", 400},
      {"\r\r", 400},
      {":", 400},
      {"\0"sv, 400},
      {"Host ", 400},
      {"Host\t", 400},
      {"Host\r", 400},
      {"Host\n", 400},
      {"[", 400},
      {"H@", 400},
      {"H\x80", 400},
      {"H\0"sv, 400},
      {"A:\0"sv, 400},
      {"A: \x01", 400},
      {"A: \x0b", 400},
      {"A: \x1f", 400},
      {"A: \x7f", 400},
      {"A:\n", 400},
      {"A: b\n", 400},
      {"A: b\rX", 400},
      {"A: b\r\r", 400},
      {"A: b\r\n ", 400},
      {"A: b\r\n\t", 400},
      {"Host: a\r\n ", 400},    // llhttp reads "Content-Length"
      {"Host: a\r\n\rX", 400},  // CVE-2025-23167
      {"Host: a\r\n\r\r", 400},
  };
  expect_refused("GET / HTTP/1.1\r\n", table);
}

TEST(Http1MalformedTest, Hosts) {
  const std::vector<Malformed> table = {
      {"\r\n", 400},
      {"X-Host: h\r\n\r\n", 400},
      {"Host: a\r\nHost: b\r\n", 400},
      {"Host: a\r\nhost: a\r\n", 400},
      {"Host:\r\n", 400},
      {"Host: \t \r\n", 400},
      {"Host: :80\r\n", 400},
      {"Host: a b\r\n", 400},
      {"Host: a,b\r\n", 400},
      {"Host: a, b\r\n", 400},
      {"Host: a/\r\n", 400},
      {"Host: u@h\r\n", 400},
      {"Host: h?x\r\n", 400},
      {"Host: h#x\r\n", 400},
      {"Host: h\\x\r\n", 400},
      {"Host: h\xc3\xa9\r\n", 400},
      {"Host: \"h\"\r\n", 400},
      {"Host: http://h\r\n", 400},
      {"Host: h:x\r\n", 400},
      {"Host: h:-1\r\n", 400},
      {"Host: h:65536\r\n", 400},
      {"Host: h:1:2\r\n", 400},
      {"Host: ::1\r\n", 400},
      {"Host: [::1\r\n", 400},
      {"Host: []\r\n", 400},
      {"Host: [12]\r\n", 400},
      {"Host: [x:]\r\n", 400},
      {"Host: [::g]\r\n", 400},
      {"Host: [::1]x\r\n", 400},
      {"Host: x[::1]\r\n", 400},
  };
  expect_refused("GET / HTTP/1.1\r\n", table);
  const std::vector<Malformed> table_http10 = {
      {"Host: a\r\nHost: b\r\n", 400},
      {"Host: a b\r\n", 400},
      {"Host:\r\n", 400},
  };
  expect_refused("GET / HTTP/1.0\r\n", table_http10);
}

constexpr std::string_view kPost = "POST / HTTP/1.1\r\nHost: h\r\n";

TEST(Http1MalformedTest, ContentLengths) {
  const std::vector<Malformed> table = {
      {"Content-Length:\r\n", 400},
      {"Content-Length: -1\r\n", 400},
      {"Content-Length: -0\r\n", 400},
      {"Content-Length: +1\r\n", 400},
      {"Content-Length: 00\r\n", 400},
      {"Content-Length: 010\r\n", 400},
      {"Content-Length: 0x5\r\n", 400},
      {"Content-Length: 0o5\r\n", 400},
      {"Content-Length: 1_0\r\n", 400},
      {"Content-Length: 1 0\r\n", 400},
      {"Content-Length: 1e3\r\n", 400},
      {"Content-Length: 1.0\r\n", 400},
      {"Content-Length: a\r\n", 400},
      {"Content-Length: 1:\r\n", 400},
      {"Content-Length: 1/\r\n", 400},
      {"Content-Length: \"5\"\r\n", 400},
      {"Content-Length: 5;\r\n", 400},
      {"Content-Length: 5,5\r\n", 400},
      {"Content-Length: 5, 6\r\n", 400},
      {"Content-Length: ,5\r\n", 400},
      {"Content-Length: 18446744073709551616\r\n", 400},
      {"Content-Length: 18446744073709551620\r\n", 400},
      {"Content-Length: 99999999999999999999999\r\n", 400},
      {"Content-Length: \xd9\xa3\r\n", 400},  // an Arabic digit
      {"Content-Length ", 400},
      {"Content-Length: 5\r\nContent-Length: 5\r\n", 400},
      {"Content-Length: 5\r\ncontent-length: 6\r\n", 400},
      {"Content-Length: 1099511627777\r\n\r\n", 413},
      {"Content-Length: 18446744073709551615\r\n\r\n", 413},
      {"Expect: 100-continue\r\nContent-Length: 1099511627777\r\n\r\n", 413},
      {"Expect: x\r\nContent-Length: 1099511627777\r\n\r\n", 413},
  };
  expect_refused(kPost, table);
}

TEST(Http1MalformedTest, TransferEncodings) {
  const std::vector<Malformed> table = {
      {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400},
      {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400},
      {"TRANSFER-ENCODING: chunked\r\nContent-Length: 0\r\n", 400},
      {"Transfer-Encoding: identity\r\nContent-Length: 5\r\n", 400},
      {"Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n", 400},
      {"Transfer-Encoding:\r\n", 400},
      {"Transfer-Encoding: ,\r\n", 400},
      {"Transfer-Encoding: chunked,\r\n", 400},
      {"Transfer-Encoding: ,chunked\r\n", 400},
      {"Transfer-Encoding: gzip,,chunked\r\n", 400},
      {"Transfer-Encoding: chunked, chunked\r\n", 400},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400},
      {"Transfer-Encoding: chunked, identity\r\n", 400},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n", 400},
      {"Transfer-Encoding: gzip, chunked, gzip\r\n", 400},
      {"Transfer-Encoding: chunked;a=b\r\n", 400},
      {"Transfer-Encoding: chunked;\r\n", 400},
      {"Transfer-Encoding: chu nked\r\n", 400},
      {"Transfer-Encoding: chunked gzip\r\n", 400},
      {"Transfer-Encoding: \"chunked\"\r\n", 400},
      {"Transfer-Encoding: 'chunked', (x)\r\n", 400},
      {"Transfer-Encoding: chunked\x0b", 400},
      {"Transfer-Encoding: \x0c", 400},
      {"Transfer-Encoding: chunked\0"sv, 400},
      {"Transfer-Encoding: chunked\n", 400},
      {"Transfer-Encoding: chunked\r\n ", 400},
      {"Transfer-Encoding: chunked\xff\r\n", 400},
      {"Transfer-Encoding ", 400},
      {"Transfer-Encoding: gzip;q\r\n", 400},
      {"Transfer-Encoding: gzip;=x\r\n", 400},
      {"Transfer-Encoding: gzip;q=\r\n", 400},
      {"Transfer-Encoding: gzip;q=\"x\r\n", 400},
      {"Transfer-Encoding: gzip;q=\"x\\\"\r\n", 400},
      {"Transfer-Encoding: gzip\r\n\r\n", 501},
      {"Transfer-Encoding: identity\r\n\r\n", 501},
      {"Transfer-Encoding: xchunked\r\n\r\n", 501},
      {"Transfer-Encoding: chunkedx\r\n\r\n", 501},
      {"Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", 501},
      {"Transfer-Encoding: gzip ; q=\"a,\\\"b\" , br\r\n\r\n", 501},
      {"Expect: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
  };
  expect_refused(kPost, table);
  const std::vector<Malformed> table_http10 = {
      {"Transfer-Encoding: chunked\r\n", 400},
      {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400},
      {"Transfer-Encoding: gzip\r\n", 400},
  };
  expect_refused("POST / HTTP/1.0\r\nHost: h\r\n", table_http10);
}

TEST(Http1MalformedTest, Expectations) {
  const std::vector<Malformed> table = {
      {"Expect: nope\r\n\r\n", 417},
      {"Expect:\r\n\r\n", 417},
      {"Expect: 100-continue, x\r\n\r\n", 417},
      {"Expect: 100-continue;a=b\r\n\r\n", 417},
      {"Expect: 100-continue\r\nExpect: <script>\r\nContent-Length: 1\r\n\r\n", 417},
  };
  expect_refused(kPost, table);
  // A missing Host is the worse fault.
  expect_refused("POST / HTTP/1.1\r\n", {{"Expect: nope\r\n\r\n", 400}});
}

TEST(Http1MalformedTest, ChunkedBodies) {
  const std::vector<Malformed> table = {
      {"\r", 400},
      {"\n", 400},
      {"g", 400},
      {" ", 400},
      {"+", 400},
      {"-", 400},
      {";", 400},
      {"/", 400},
      {":", 400},
      {"@", 400},
      {"G", 400},
      {"`", 400},
      {"\0"sv, 400},
      {"0x", 400},
      {"0X", 400},
      {"5_", 400},
      {"5 ", 400},
      {"5\t", 400},
      {"5\n", 400},
      {"5\rX", 400},
      {"5\r\r", 400},
      {"5.", 400},
      {"5,", 400},
      {"5;\r", 400},
      {"5; \r", 400},
      {"5;;", 400},
      {"5;=", 400},
      {"5;\n", 400},
      {"5;a\n", 400},
      {"5;a\rX", 400},
      {"5;a\r\r", 400},
      {"5;a\0"sv, 400},
      {"5;a=\"\x01", 400},
      {"5;a=\"\r\"", 400},
      {"5;a\x7f", 400},
      {"00000000000000000", 400},
      {"11111111111111111", 400},
      {"fffffffffffffffff", 400},
      {"ffffffffffffffff\r", 413},
      {"FFFFFFFFFFFFFFFF;", 413},
      {"10000000001\r", 413},
      {"1\r\na\r\n10000000000\r", 413},
      {"1\r\na\r\nffffffffffffffff\r", 413},
      {"5\r\nhelloX", 400},
      {"5\r\nhello\n", 400},
      {"5\r\nhello\rX", 400},
      {"5\r\nhello\r\r", 400},
      {"5\r\nhello0", 400},
      {"5\r\nhello\r\n\r", 400},
      {"0\r\n ", 400},
      {"0\r\n\n", 400},
      {"0\r\n\rX", 400},
      {"0\r\nGET ", 400},
      {"0\r\nA\r", 400},
      {"0\r\nA ", 400},
      {"0\r\n:", 400},
      {"0\r\nA: \0"sv, 400},
      {"0\r\nA: b\n", 400},
      {"0\r\nA: b\rX", 400},
      {"0\r\nA: b\r\n ", 400},
      {"0\r\nContent-Length: 1\r\n", 400},
      {"0\r\nA: b\r\ntransfer-encoding: chunked\r\n", 400},
      {"0\r\nHost: h\r\n", 400},
      {"0\r\nAuthorization: x\r\n", 400},
      {"0\r\nContent-Type: x\r\n", 400},
  };
  expect_refused("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", table);
}

}  // namespace
}  // namespace echod::wire
