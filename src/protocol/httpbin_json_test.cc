// What a client's body can cost where it is shown: JSON is made of whatever comes, so neither the
// time nor the answer may grow out of proportion.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "protocol/handler.h"
#include "protocol/http_response_test_util.h"
#include "protocol/protocol_test_util.h"

namespace echod {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kJsonType = "application/json";

// The body of what /anything answers.
std::string anything(std::string_view type, std::string_view body) {
  const Http1Handler handler{HttpSettings()};
  Conversation conversation(handler);
  conversation.send("POST /anything HTTP/1.1\r\nHost: h\r\nContent-Type: " + std::string(type) +
                    "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                    std::string(body));
  conversation.finish();
  const HttpResponse response = HttpResponseReader(conversation.received()).next();
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

// As many as fit. With a time that grew with the square of their number it would be half a minute,
// in which an event loop serves nobody else.
TEST(HttpbinJsonTest, ManyNames) {
  constexpr int kNames = 20'000;
  std::string form;
  std::string object;
  for (int i = 0; i < kNames; ++i) {
    const std::string number = std::to_string(i);
    form += (i == 0 ? "" : "&") + number;
    object += (i == 0 ? "{\"" : ",\"") + number + "\":1";
  }
  object += "}";
  const std::string as_form = anything("application/x-www-form-urlencoded", form);
  EXPECT_EQ(Json::parse(as_form)["form"].size(), kNames);
  EXPECT_EQ(Json::parse(anything(kJsonType, object))["json"].size(), kNames);
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
}  // namespace echod
