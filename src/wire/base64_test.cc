#include "wire/base64.h"

#include <gtest/gtest.h>

namespace echod::wire {
namespace {

TEST(Base64Test, TheSpecificationsVectors) {  // RFC 4648 section 10
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xfb\xff\xfe"), "+//+");
  EXPECT_EQ(base64_url("\xfb\xff\xfe"), "-__-");
}

TEST(Base64Test, MoreThanOnePieceOfTheLibrary) {
  const std::string text = base64(std::string((3 << 20) + 4, 'f'));
  EXPECT_EQ(text.size(), (4u << 20) + 8);
  EXPECT_EQ(text.substr(text.size() - 8), "ZmZmZg==");
  EXPECT_EQ(text.find('='), text.size() - 2);
}

}  // namespace
}  // namespace echod::wire
