#include "http/environment.h"

#include <gtest/gtest.h>

#include <string>

namespace echod::http {
namespace {

using namespace std::string_literals;

std::string list_of(std::string value) {
  return std::string(ShownEnvironment({{.name = "A", .value = std::move(value)}}).list());
}

TEST(ShownEnvironment, WithoutVariablesThereIsNoField) {
  const ShownEnvironment environment;
  EXPECT_TRUE(environment.empty());
  EXPECT_EQ(environment.list(), "");
  EXPECT_TRUE(environment.field().empty());
}

TEST(ShownEnvironment, ListsWhatIsSetInTheOperatorsOrder) {
  const ShownEnvironment environment({{.name = "POD_NAME", .value = "web-1"},
                                      {.name = "NODE_NAME", .value = std::nullopt},
                                      {.name = "EMPTY", .value = ""},
                                      {.name = "A", .value = "b=c"}});
  EXPECT_EQ(environment.list(), "POD_NAME=web-1, EMPTY=, A=b=c");
  EXPECT_EQ(environment.field().text(), "X-Echo-Environment: POD_NAME=web-1, EMPTY=, A=b=c\r\n");
  EXPECT_EQ(environment.variables().size(), 4u);
}

TEST(ShownEnvironment, AloneAnUnsetVariableMakesNoField) {
  const ShownEnvironment environment({{.name = "A", .value = std::nullopt}});
  EXPECT_FALSE(environment.empty());
  EXPECT_TRUE(environment.field().empty());
}

TEST(ShownEnvironment, EncodesWhatCouldEndTheFieldOrTheValue) {
  EXPECT_EQ(list_of("a\r\nSet-Cookie: b"), "A=a%0D%0ASet-Cookie:%20b");
  EXPECT_EQ(list_of("a, B=c; \"d\"\\"), "A=a%2C%20B=c%3B%20%22d%22%5C");
  EXPECT_EQ(list_of("100%"), "A=100%25");
  EXPECT_EQ(list_of("\0\x7f\t"s), "A=%00%7F%09");
  EXPECT_EQ(list_of("\xc3\xa9\xff"), "A=%C3%A9%FF");
}

// A variable that has no room is left out, a smaller one after it is not.
TEST(ShownEnvironment, TheListIsBounded) {
  const ShownEnvironment environment({{.name = "A", .value = std::string(1000, 'a')},
                                      {.name = "B", .value = std::string(1000, '%')},
                                      {.name = "C", .value = std::string(1000, 'c')},
                                      {.name = "D", .value = "d"}});
  EXPECT_EQ(environment.list(),
            "A=" + std::string(1000, 'a') + ", C=" + std::string(1000, 'c') + ", D=d");
  EXPECT_FALSE(environment.variables()[1].listed);
  EXPECT_TRUE(environment.variables()[3].listed);
  const std::string whole(kEnvironmentListSizeMax - 2, 'x');
  EXPECT_EQ(list_of(whole), "A=" + whole);
  EXPECT_EQ(list_of(whole + "x"), "");
}

}  // namespace
}  // namespace echod::http
