#include "http/content_type.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace echod::http {
namespace {

using namespace std::string_view_literals;

TEST(ContentTypeTest, SafeContentTypesAreKeptWithTheirParameters) {
  for (const auto type :
       {"text/plain", "TEXT/Plain", "application/json", "application/octet-stream",
        "application/x-www-form-urlencoded", "multipart/form-data; boundary=----x", "image/png",
        "image/jpeg", "image/gif", "image/webp", "audio/mpeg", "video/mp4", "font/woff2",
        "text/plain; charset=utf-8", "text/plain;charset=\"utf-8\"", "text/plain ; a=b;c=d",
        "text/plain;\ta=\"\"", "text/plain; a=\"\\\"; b\""}) {
    EXPECT_EQ(safe_content_type(type), type);
  }
}

TEST(ContentTypeTest, TypesThatABrowserMightRunBecomeOctets) {
  for (const auto type : {"text/html",
                          "TEXT/HTML",
                          "text/html; charset=utf-8",
                          "application/xhtml+xml",
                          "image/svg+xml",
                          "image/SVG+xml",
                          "image/svg",
                          "text/xml",
                          "application/xml",
                          "application/rss+xml",
                          "application/atom+xml",
                          "text/xsl",
                          "application/mathml+xml",
                          "text/javascript",
                          "application/javascript",
                          "application/ecmascript",
                          "application/x-javascript",
                          "text/ecmascript",
                          "text/css",
                          "application/pdf",
                          "application/x-shockwave-flash",
                          "multipart/x-mixed-replace",
                          "message/rfc822",
                          "text/vtt",
                          "application/wasm",
                          "application/x-anything",
                          "text/*",
                          "*/*"}) {
    EXPECT_EQ(safe_content_type(type), "application/octet-stream") << type;
  }
}

TEST(ContentTypeTest, MalformedContentTypesBecomeOctets) {
  for (const auto type : {""sv,
                          "text"sv,
                          "text/"sv,
                          "/plain"sv,
                          "/"sv,
                          "text /plain"sv,
                          "text/ plain"sv,
                          " text/plain"sv,
                          "text/plain "sv,
                          "text/plain,text/html"sv,
                          "text/plain, text/html"sv,
                          "text/plain text/html"sv,
                          "text/plain/html"sv,
                          "text/plain;"sv,
                          "text/plain;a"sv,
                          "text/plain;a="sv,
                          "text/plain;=b"sv,
                          "text/plain;a=b;"sv,
                          "text/plain; a=<script>"sv,
                          "text/plain;a=b,text/html"sv,
                          "text/plain;a=\"b"sv,
                          "text/plain;a=\"b\\"sv,
                          "text/plain;a=\"b\"c"sv,
                          "text/plain;a=\"\r\n\""sv,
                          "text/plain;a=b\r\nX: y"sv,
                          "text/plain\r\n"sv,
                          "text/plain\0"sv,
                          "text/plain;a=\"\x01\""sv,
                          "text/plain;a=\"\\\n\""sv,
                          "text/plain;a=\"\x7f\""sv,
                          "text/pl\xc3\xa9in"sv,
                          "text/plain;a=b c"sv,
                          "text/plain;a = b"sv}) {
    EXPECT_EQ(safe_content_type(type), "application/octet-stream") << type;
  }
}

TEST(ContentTypeTest, NoByteGetsOutOfAContentType) {
  for (int i = 0; i < 256; ++i) {
    const char byte = static_cast<char>(i);
    for (const std::string& type :
         {std::string("text/plain") + byte, std::string("text/plain;a=b") + byte,
          std::string("text/plain;a=\"") + byte + '"', std::string("text/plain;a=\"\\") + byte}) {
      const std::string_view safe = safe_content_type(type);
      EXPECT_TRUE(safe == type || safe == "application/octet-stream");
      const bool control = (i < 0x20 && i != '\t') || i == 0x7f;
      EXPECT_FALSE(control && safe == type) << i;
    }
  }
}

}  // namespace
}  // namespace echod::http
