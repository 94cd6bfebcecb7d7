// What a client's body can cost where it is shown: JSON is made of whatever comes, so neither the
// time nor the answer may grow out of proportion.
#include "http/endpoints/httpbin_json.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "http/endpoints/httpbin.h"
#include "http/endpoints/routes.h"
#include "http/memory_exchange_test_util.h"

namespace echod::http {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kJsonType = "application/json";

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

TestResponse ask(std::string_view type, std::string_view body) {
  MemoryServer server(echo_router());
  return server.ask(post("/anything", body, {{"Content-Type", std::string(type)}}));
}

// The body of the response to /anything.
std::string anything(std::string_view type, std::string_view body) {
  const TestResponse response = ask(type, body);
  EXPECT_EQ(response.status, 200);
  return response.body;
}

// `values` ones in lists within lists.
std::string nested(size_t values) {
  constexpr size_t kDepth = 90;
  std::string ones = "1";
  for (size_t i = 1; i < values; ++i) ones += ",1";
  return std::string(kDepth, '[') + ones + std::string(kDepth, ']');
}

// As many as may be. With a time that grew with the square of their number it would be long, and an
// event loop would serve nobody else meanwhile.
TEST(HttpbinJsonTest, ManyNames) {
  std::string form;
  std::string object;
  for (size_t i = 0; i < kListedArgumentsMax; ++i) {
    const std::string number = std::to_string(i);
    form += (i == 0 ? "" : "&") + number;
    object += (i == 0 ? "{\"" : ",\"") + number + "\":1";
  }
  object += "}";
  const std::string as_form = anything(kFormType, form);
  EXPECT_EQ(Json::parse(as_form)["form"].size(), kListedArgumentsMax);
  EXPECT_EQ(Json::parse(anything(kJsonType, object))["json"].size(), kListedArgumentsMax);
  const TestResponse refused = ask(kFormType, form + "&one-more");
  EXPECT_EQ(refused.status, 413);
  EXPECT_EQ(refused.body, "/anything lists up to 4096 query or form arguments\n");
}

// Decoded, in the order of the names, the values of one name together and in the order they came.
TEST(HttpbinJsonTest, AFormIsDecodedAndSorted) {
  const Json shown = Json::parse(anything(kFormType, "b=2&a=%41+1&&b=%zz&b=1&%C3%A4=%FF"));
  EXPECT_EQ(shown["form"].dump(), R"({"a":["A 1"],"b":["2","%zz","1"],"ä":["ÿ"]})");
  EXPECT_EQ(shown["data"], "b=2&a=%41+1&&b=%zz&b=1&%C3%A4=%FF");
}

// A number is what it was, also one that no double holds, and so is a string with its escapes.
TEST(HttpbinJsonTest, NumbersAndStringsAsTheyCame) {
  const std::string text =
      R"({"a":[1E400,-0.10,123456789012345678901234567890],"b":"\u00e9\ud800"})";
  const std::string shown = anything(kJsonType, text);
  EXPECT_NE(shown.find("\n      1E400,\n      -0.10,\n      123456789012345678901234567890\n"),
            std::string::npos)
      << shown;
  EXPECT_NE(shown.find(R"("b": "\u00e9\ud800")"), std::string::npos) << shown;
}

TEST(HttpbinJsonTest, APartsNameMayHaveAQuote) {
  const Json shown = Json::parse(
      anything("multipart/form-data; boundary=b",
               "--b\r\nContent-Disposition: form-data; name=\"a\\\"b\"\r\n\r\n1\r\n--b--\r\n"));
  EXPECT_EQ(shown["form"].dump(), R"({"a\"b":["1"]})");
}

// What is longer than a part is sent in chunks, whole.
TEST(HttpbinJsonTest, ALargeBodyIsShownWhole) {
  std::string text = "\"quoted\"\n";
  while (text.size() < kShownBodySizeMax - 100)
    text += "line " + std::to_string(text.size()) + "\n";
  EXPECT_EQ(Json::parse(anything("text/plain", text))["data"], text);
  const std::string binary(100'000, '\xe9');
  std::string shown = Json::parse(anything("text/plain", binary))["data"];
  EXPECT_EQ(shown.size(), 200'000u);
  EXPECT_TRUE(shown.starts_with("éé"));
}

// Shown with two spaces for each level, it would be a hundred times its size.
TEST(HttpbinJsonTest, DeepJsonDoesNotGrowTheAnswer) {
  const std::string few = nested(1000);
  EXPECT_TRUE(Json::parse(anything(kJsonType, few))["json"] == Json::parse(few));
  const std::string many = anything(kJsonType, nested(100'000));
  EXPECT_TRUE(Json::parse(many)["json"].is_null());
  EXPECT_LT(many.size(), size_t{4} << 20);
}

}  // namespace
}  // namespace echod::http
