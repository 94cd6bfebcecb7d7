#include "wire/http/multipart.h"

#include <gtest/gtest.h>

#include <string>

namespace echod::wire {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=\"b ndry\"; charset=x";

std::string part(std::string_view head, std::string_view content) {
  return "--b ndry\r\n" + std::string(head) + "\r\n\r\n" + std::string(content) + "\r\n";
}

TEST(MultipartTest, FieldsAndFiles) {
  const std::string body =
      "preamble\r\n" + part("Content-Disposition: form-data; name=\"a\"", "1\r\n2") +
      part("X: y\r\ncontent-disposition: form-data; filename=\"f;1.txt\"; name=b\r\nZ: w", "") +
      "--b ndry--\r\nepilogue";
  const auto parts = form_parts(kType, body, 10);
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_EQ((*parts)[0].name, "a");
  EXPECT_EQ((*parts)[0].filename, std::nullopt);
  EXPECT_EQ((*parts)[0].content, "1\r\n2");
  EXPECT_EQ((*parts)[1].name, "b");
  EXPECT_EQ((*parts)[1].filename, "f;1.txt");
  EXPECT_EQ((*parts)[1].content, "");
  EXPECT_EQ(form_parts(kType, "--b ndry--", 10)->size(), 0u);
  EXPECT_EQ(form_parts(kType, body, 1), std::nullopt) << "more parts than allowed";
}

TEST(MultipartTest, AnEscapedQuoteIsPartOfAName) {
  const std::string body =
      part(R"(Content-Disposition: form-data; name="a\"b"; filename="c\"")", "1") + "--b ndry--";
  const auto parts = form_parts(kType, body, 10);
  ASSERT_TRUE(parts);
  EXPECT_EQ((*parts)[0].name, R"(a\"b)") << "as it came";
  EXPECT_EQ((*parts)[0].filename, R"(c\")");
}

TEST(MultipartTest, WhatIsNoForm) {
  const std::string good = part("Content-Disposition: form-data; name=\"a\"", "1") + "--b ndry--";
  ASSERT_TRUE(form_parts(kType, good, 10));
  EXPECT_FALSE(form_parts("multipart/form-data", good, 10)) << "no boundary";
  EXPECT_FALSE(form_parts("multipart/form-data; boundary=", good, 10));
  EXPECT_FALSE(form_parts("multipart/form-data; boundary=\"b ndry", good, 10));
  EXPECT_FALSE(form_parts("m; boundary=" + std::string(71, 'b'), good, 10));
  EXPECT_FALSE(form_parts("m; boundary=other", good, 10));
  EXPECT_FALSE(form_parts(kType, "", 10));
  for (size_t size = 0; size < good.size() - 1; ++size) {
    EXPECT_FALSE(form_parts(kType, good.substr(0, size), 10)) << good.substr(0, size);
  }
  EXPECT_FALSE(form_parts(kType, part("Content-Disposition: form-data", "1") + "--b ndry--", 10));
  EXPECT_FALSE(form_parts(kType, part("X: y", "1") + "--b ndry--", 10)) << "without a name";
  EXPECT_FALSE(form_parts(kType, part("no colon", "1") + "--b ndry--", 10));
}

}  // namespace
}  // namespace echod::wire
