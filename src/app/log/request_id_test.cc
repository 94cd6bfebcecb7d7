#include "app/log/request_id.h"

#include <gtest/gtest.h>

#include <string>

namespace echod {
namespace {

std::string id_of(const std::string& fields, uint64_t seed = 1) {
  Random random(seed);
  return request_id(wire::FieldList(fields), random);
}

TEST(RequestId, TheClientsIsTakenOver) {
  for (const std::string& id :
       {std::string("a"), std::string("8f14e45f-ceea-467f-ab5b-2a1f3c0d9e77"),
        std::string("aGVsbG8rLw=="), std::string("web-1.example:80/12~a_b@c"),
        std::string(kRequestIdSizeMax, 'x')}) {
    EXPECT_EQ(id_of("Host: h\r\nx-request-ID:  " + id + " \r\n"), id);
  }
}

TEST(RequestId, ElseItIsDrawn) {
  const std::string drawn = id_of("Host: h\r\n");
  EXPECT_EQ(drawn.size(), 32u);
  EXPECT_EQ(drawn.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(id_of("Host: h\r\n"), drawn) << "a seed has the same";
  EXPECT_NE(id_of("Host: h\r\n", 2), drawn);
  for (const std::string& bad :
       {std::string(), std::string("a b"), std::string("a,b"), std::string("\"a\""),
        std::string("a\\b"), std::string("a\tb"), std::string("caf\xc3\xa9"), std::string("<a>"),
        std::string(kRequestIdSizeMax + 1, 'x')}) {
    EXPECT_EQ(id_of("X-Request-Id: " + bad + "\r\n"), drawn) << bad;
  }
  Random random(1);
  const std::string first = request_id({}, random);
  EXPECT_NE(request_id({}, random), first);
}

}  // namespace
}  // namespace echod
