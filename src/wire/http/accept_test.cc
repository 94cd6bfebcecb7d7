// How much Accept fields want a type.
#include "wire/http/accept.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace echod::wire {
namespace {

int weight_of_json(std::string_view fields) {
  return media_type_weight(FieldList(fields), "application", "json");
}

TEST(HttpAcceptTest, TheMostSpecificRangeCounts) {
  const std::vector<std::pair<std::string, int>> cases = {
      {"*/*", 1000},
      {"*/*;q=0.1", 100},
      {"application/*;q=0.2, */*", 200},
      {"application/json;q=0.3, application/*, */*", 300},
      {"*/*, APPLICATION/JSON ; Q=0.25", 250},
      {"application/json", 1000},
      {"application/json;q=0", 0},
      {"text/html, image/*", 0},
      {"application/jso", 0},
      {"*/json", 0},
      {"", 0},
      {",, application/json;q=0.001 ,", 1},
      // Parameters other than q do not count.
      {"application/json; charset=utf-8", 1000},
      {"application/json;indent=4", 1000},
      {"application/json;odata=verbose;q=0.5", 500},
      {"application/json;q=0.5;level=1", 500},
      {"application/json;a=\"x;q=0.1,\\\"\";q=0.5", 500},
      {"application/json;;q=0.5;", 500},
      {"application/json;flag", 1000},
      {"application/vnd.api+json", 1000},
      {"application/*+json;q=0.4", 400},
      {"application/+json", 0},
      {"application/xml+jsonp", 0},
      {"text/x+json", 0},
      // Malformed.
      {"application/json;=1", 0},
      {"application/json;a=", 0},
      {"application/json;a=\"x", 0},
      {"application/json;q=2", 0},
      {"application/json;q=0.1234", 0},
      {"application/json;q=.5", 0},
      {"application/json;q=1.001", 0},
      {"application/json;q", 0},
      {"application/json x", 0},
      {"application", 0},
      {"/json", 0},
  };
  for (const auto& [value, weight] : cases) {
    EXPECT_EQ(weight_of_json("Accept: " + value + "\r\n"), weight) << value;
  }
}

TEST(HttpAcceptTest, WithoutAFieldAnythingWillDo) {
  EXPECT_EQ(weight_of_json(""), 1000);
  EXPECT_EQ(weight_of_json("Accept-Language: en\r\n"), 1000);
}

TEST(HttpAcceptTest, SeveralFieldsAreOneList) {
  EXPECT_EQ(weight_of_json("accept: text/html\r\nX: y\r\nACCEPT: application/json;q=0.7\r\n"), 700);
}

}  // namespace
}  // namespace echod::wire
