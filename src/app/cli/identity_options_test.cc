#include "app/cli/identity_options.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "net/host_name.h"

namespace echod {
namespace {

// Variables that are there for one test. Tests of this program run one after another.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { unsetenv(name_); }

 private:
  const char* name_;
};

TEST(ShowEnvironment, NamesInOrderOnce) {
  std::vector<std::string> names;
  const Option option = show_environment_option(names);
  EXPECT_EQ(option.value.read("POD_NAME,NODE_NAME"), std::nullopt);
  EXPECT_EQ(option.value.read("a.b-c"), std::nullopt);
  EXPECT_EQ(option.value.read("POD_NAME"), std::nullopt);
  EXPECT_EQ(names, (std::vector<std::string>{"POD_NAME", "NODE_NAME", "a.b-c"}));
  option.value.clear();
  EXPECT_TRUE(names.empty());
}

TEST(ShowEnvironment, WhatIsNoName) {
  for (const std::string& text :
       {std::string(), std::string("A,"), std::string(",A"), std::string("A, B"), std::string("1A"),
        std::string("A=b"), std::string("*"), std::string("A*"), std::string("A\r\n"),
        std::string("caf\xc3\xa9"), std::string(kShownNameSizeMax + 1, 'A')}) {
    std::vector<std::string> names;
    EXPECT_NE(show_environment_option(names).value.read(text), std::nullopt) << text;
  }
}

TEST(ShowEnvironment, HasALimit) {
  std::vector<std::string> names;
  const Option option = show_environment_option(names);
  for (size_t i = 0; i < kShownVariablesMax; ++i) {
    ASSERT_EQ(option.value.read("A" + std::to_string(i)), std::nullopt);
  }
  EXPECT_EQ(option.value.read("A0"), std::nullopt) << "it is there already";
  EXPECT_EQ(option.value.read("B"), "more than 32 variables");
}

TEST(ShowEnvironment, IsReadWithWarnings) {
  const Variable plain("ECHO_TEST_PLAIN", "plain");
  const Variable secret("ECHO_TEST_PASSWORD", "x");
  const Variable large("ECHO_TEST_LARGE", std::string(kShownValueSizeMax + 1, 'x'));
  const std::string odd(kShownValueSizeMax, '%');  // three bytes each in the header
  const Variable first("ECHO_TEST_ODD1", odd);
  const Variable second("ECHO_TEST_ODD2", odd);
  const Variable third("ECHO_TEST_ODD3", odd);
  const EnvironmentReading reading =
      read_environment({"ECHO_TEST_PLAIN", "ECHO_TEST_UNSET", "ECHO_TEST_PASSWORD",
                        "ECHO_TEST_LARGE", "ECHO_TEST_ODD1", "ECHO_TEST_ODD2", "ECHO_TEST_ODD3"});
  const auto& variables = reading.environment.variables();
  ASSERT_EQ(variables.size(), 7u);
  EXPECT_EQ(variables[0].value, "plain");
  EXPECT_EQ(variables[1].value, std::nullopt);
  EXPECT_EQ(variables[2].value, "x");
  EXPECT_EQ(variables[3].value, std::string(kShownValueSizeMax - 3, 'x') + "...");
  EXPECT_TRUE(variables[5].listed);
  EXPECT_FALSE(variables[6].listed);
  const std::string end = " (--show-environment)";
  EXPECT_EQ(
      reading.warnings,
      (std::vector<std::string>{
          "ECHO_TEST_UNSET is not set" + end,
          "ECHO_TEST_PASSWORD has a credential's name; every client sees its value" + end,
          "ECHO_TEST_LARGE is cut to 256 bytes" + end,
          "ECHO_TEST_ODD3 is in reflections alone: X-Echo-Environment has at most 2048 bytes" +
              end}));
}

TEST(ShowEnvironment, ACutValueEndsBetweenCharacters) {
  std::string text = "x";  // so that a character of two bytes stands across the limit
  while (text.size() <= kShownValueSizeMax) text += "\xc3\xa9";
  const Variable large("ECHO_TEST_LARGE", text);
  const std::string value =
      read_environment({"ECHO_TEST_LARGE"}).environment.variables()[0].value.value_or("");
  EXPECT_TRUE(value.ends_with("\xc3\xa9...")) << value;
  EXPECT_LE(value.size(), kShownValueSizeMax);
}

TEST(ShowEnvironment, HostnameIsTheMachinesIfUnset) {
  const char* before = std::getenv("HOSTNAME");
  const std::string kept = before != nullptr ? before : "";
  unsetenv("HOSTNAME");
  EXPECT_FALSE(host_name().empty());
  EXPECT_EQ(read_environment({"HOSTNAME"}).environment.variables()[0].value, host_name());
  {
    const Variable own("HOSTNAME", "own");
    EXPECT_EQ(read_environment({"HOSTNAME"}).environment.list(), "HOSTNAME=own");
  }
  if (before != nullptr) setenv("HOSTNAME", kept.c_str(), 1);
}

TEST(AccessLogSkipOption, RepeatsUpToALimit) {
  std::vector<AccessLogSkip> skips;
  const Option option = access_log_skip_option(skips);
  EXPECT_NE(option.value.read("healthz"), std::nullopt);
  for (size_t i = 0; i < kAccessLogSkipsMax; ++i) {
    ASSERT_EQ(option.value.read("/a status=404"), std::nullopt);
  }
  EXPECT_EQ(skips[0], *parse_access_log_skip("/a status=404"));
  EXPECT_EQ(option.value.read("/b"), "more than 64 patterns");
}

}  // namespace
}  // namespace echod
